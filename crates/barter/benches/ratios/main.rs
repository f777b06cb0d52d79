//! How long the crates take, each time as a ratio to a named peer or limit that is measured in the same run.
//! It must never compare two answers that differ, nor fail because a ratio is high.
//!
//! `cargo bench -p barter`; `cargo bench -p barter -- CSV` measures what has that in its name.

mod backtest;
mod data;
mod reading;

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{Criterion, SamplingMode};
use serde_json::Value;

const TURNS: usize = 3;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result {
    let mut ratios = Ratios::new()?;
    reading::measure(&mut ratios)?;
    backtest::measure(&mut ratios)?;
    println!("\n{:<34}{:>10}{:>10}{:>9}   peer", "nanoseconds for each record", "ours", "peer", "ratio");
    for row in &ratios.rows {
        println!("{row}");
    }
    Ok(())
}

/// What measures pairs, and the line of each.
struct Ratios {
    criterion: Criterion,
    /// Where criterion leaves its samples.
    samples: PathBuf,
    rows: Vec<String>,
}

impl Ratios {
    fn new() -> Result<Self> {
        let samples = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ratios");
        if samples.exists() {
            // A pair that a filter leaves out would get the figures of another run.
            fs::remove_dir_all(&samples)?;
        }
        let criterion =
            Criterion::default().output_directory(&samples).without_plots().sample_size(10).nresamples(2_000);
        let criterion = criterion.warm_up_time(Duration::from_millis(20)).measurement_time(Duration::from_millis(200));
        Ok(Self { criterion: criterion.configure_from_args(), samples, rows: Vec::new() })
    }

    /// Measures how long ours and the peer take for `what`, which is about `count` records.
    fn compare<T: PartialEq>(
        &mut self,
        what: &str,
        count: usize,
        ours: impl Fn() -> Result<T>,
        (name, peer): (&str, impl Fn() -> Result<T>),
    ) -> Result {
        if ours()? != peer()? {
            return Err(format!("{what}: {name} gives another answer than ours").into());
        }
        let both = format!("{what}, {name}");
        let mut group = self.criterion.benchmark_group(&both);
        group.sampling_mode(SamplingMode::Flat);
        // They take turns, so that noise affects both.
        for turn in 1..=TURNS {
            group.bench_function(format!("ours {turn}"), |bencher| bencher.iter(|| black_box(ours().ok())));
            group.bench_function(format!("peer {turn}"), |bencher| bencher.iter(|| black_box(peer().ok())));
        }
        group.finish();
        if let (Some(ours), Some(peer)) = (self.fastest(&both, "ours"), self.fastest(&both, "peer")) {
            let each = |nanoseconds: f64| nanoseconds / count as f64;
            let (mine, theirs, ratio) = (each(ours), each(peer), ours / peer);
            self.rows.push(format!("{what:<34}{mine:>10.1}{theirs:>10.1}{ratio:>8.2}x   {name}"));
        }
        Ok(())
    }

    /// Nanoseconds of the fastest sample: whatever else runs on the machine only adds. There is none of what was filtered.
    fn fastest(&self, group: &str, function: &str) -> Option<f64> {
        let of = |turn: usize| {
            let text = fs::read(self.samples.join(group).join(format!("{function} {turn}/new/sample.json"))).ok()?;
            let sample: Value = serde_json::from_slice(&text).ok()?;
            let all = |name: &str| Some(sample.get(name)?.as_array()?.iter().filter_map(Value::as_f64));
            all("times")?.zip(all("iters")?).map(|(time, count)| time / count).min_by(f64::total_cmp)
        };
        (1..=TURNS).filter_map(of).min_by(f64::total_cmp)
    }
}
