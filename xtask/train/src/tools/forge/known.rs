//! What the forge answered in one look, and that nobody here may ask it.
//! It must never keep that there was no answer: who asks again may get one.

use std::sync::OnceLock;

use anyhow::Result;

use super::NotSetUp;
use crate::tools::{http::Answer, once::Once};

/// The forge's answers of one look, by the paths that were asked for.
#[derive(Default)]
pub struct Known {
    answers: Once<String, Option<Answer>>,
    /// Why there is nobody to ask, whatever the question.
    not_set_up: OnceLock<NotSetUp>,
}

impl Known {
    /// The answer to a question, which `ask` asks where it is not known.
    pub fn ask(&self, path: &str, ask: impl Fn() -> Result<Answer>) -> Result<Answer> {
        if let Some(why) = self.not_set_up.get() {
            return Err(why.clone().into());
        }
        let mut failed = None;
        let answer = self.answers.ask(path.to_owned(), || ask().map_err(|error| failed = Some(error)).ok());
        match (answer, failed) {
            (Some(answer), _) => Ok(answer),
            (None, Some(error)) => {
                if let Some(why) = error.downcast_ref::<NotSetUp>() {
                    let _ = self.not_set_up.set(why.clone());
                }
                Err(error)
            }
            (None, None) => match self.not_set_up.get() {
                Some(why) => Err(why.clone().into()),
                None => ask(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::anyhow;

    use super::*;
    use plan::problem::Problem;

    #[test]
    fn an_answer_is_kept_and_its_lack_is_not() {
        let (known, asked) = (Known::default(), Cell::new(0));
        let ask = |path: &str, answer: fn() -> Result<Answer>| {
            known.ask(path, || {
                asked.set(asked.get() + 1);
                answer()
            })
        };
        let ok: fn() -> Result<Answer> = || Ok(Answer::read("HTTP/1.1 200 OK\r\n\r\n[]").unwrap());
        let cut: fn() -> Result<Answer> = || Err(anyhow!("EOF"));
        assert_eq!((ask("a", ok).unwrap().status, ask("a", cut).unwrap().status, asked.get()), (200, 200, 1));
        assert!(ask("b", cut).is_err() && ask("b", ok).is_ok());
        let nobody: fn() -> Result<Answer> = || Err(NotSetUp(Problem::new("gh is not logged in", "log in")).into());
        assert!(ask("c", nobody).unwrap_err().is::<NotSetUp>() && ask("d", ok).unwrap_err().is::<NotSetUp>());
        assert_eq!(asked.get(), 4);
    }
}
