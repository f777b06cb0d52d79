//! What was answered in one look: each question is asked once, however many ask it at the same time.
//! It must never outlive a look, nor be asked by what acts: that observes anew.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// Answers by their questions.
pub struct Once<Q, A>(Mutex<BTreeMap<Q, Arc<OnceLock<A>>>>);

impl<Q, A> Default for Once<Q, A> {
    fn default() -> Once<Q, A> {
        Once(Mutex::default())
    }
}

impl<Q, A> fmt::Debug for Once<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

impl<Q: Ord, A: Clone> Once<Q, A> {
    /// The answer that is known, or else that is given now. Who asks the same meanwhile waits for it.
    pub fn ask(&self, question: Q, ask: impl FnOnce() -> A) -> A {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = all.entry(question).or_default().clone();
        drop(all);
        answer.get_or_init(ask).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn who_asks_the_same_gets_the_same_answer() {
        let (once, asked) = (Once::default(), AtomicUsize::new(0));
        let ask =
            |question: &'static str| once.ask(question, || (question.len(), asked.fetch_add(1, Ordering::SeqCst)));
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| ask("refs"))).collect();
            assert!(all.into_iter().all(|one| one.join().unwrap() == (4, 0)));
        });
        assert_eq!((ask("tags of it"), ask("refs"), asked.load(Ordering::SeqCst)), ((10, 1), (4, 0), 2));
    }
}
