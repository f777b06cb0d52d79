//! How long the crates take, each time as a ratio to a named peer or limit that is measured in the same run.
//! It must never compare two answers that differ, nor fail because a ratio is high.
//!
//! `cargo bench -p barter`; `cargo bench -p barter -- --quick` takes some seconds.

mod backtest;
mod data;
mod reading;

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::Criterion;
use serde_json::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result {
    let mut ratios = Ratios::new()?;
    reading::measure(&mut ratios)?;
    backtest::measure(&mut ratios)?;
    println!("\n{:<44}{:>13}{:>13}{:>9}   peer", "nanoseconds for each record", "ours", "peer", "ratio");
    for row in &ratios.rows {
        println!("{row}");
    }
    Ok(())
}

/// What measures pairs, and the line of each.
struct Ratios {
    criterion: Criterion,
    /// Where criterion leaves its estimates.
    estimates: PathBuf,
    rows: Vec<String>,
}

impl Ratios {
    fn new() -> Result<Self> {
        let estimates = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ratios");
        if estimates.exists() {
            // A pair that a filter leaves out would get the figures of another run.
            fs::remove_dir_all(&estimates)?;
        }
        let criterion =
            Criterion::default().output_directory(&estimates).without_plots().sample_size(10).nresamples(1_000);
        let criterion = criterion.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(1));
        Ok(Self { criterion: criterion.configure_from_args(), estimates, rows: Vec::new() })
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
        group.bench_function("ours", |bencher| bencher.iter(|| black_box(ours().ok())));
        group.bench_function("peer", |bencher| bencher.iter(|| black_box(peer().ok())));
        group.finish();
        let median = |of: &str| -> Option<f64> {
            let text = fs::read(self.estimates.join(&both).join(of).join("new/estimates.json")).ok()?;
            serde_json::from_slice::<Value>(&text).ok()?.pointer("/median/point_estimate")?.as_f64()
        };
        if let (Some(ours), Some(peer)) = (median("ours"), median("peer")) {
            let each = |nanoseconds: f64| nanoseconds / count as f64;
            let (mine, theirs, ratio) = (each(ours), each(peer), ours / peer);
            self.rows.push(format!("{what:<44}{mine:>13.1}{theirs:>13.1}{ratio:>8.2}x   {name}"));
        }
        Ok(())
    }
}
