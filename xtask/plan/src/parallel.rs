//! The same work on many items, side by side.
//! It must never change an order: the results stand as their items do.

use std::sync::{
    LazyLock,
    atomic::{AtomicUsize, Ordering},
};

/// Asking for it reads a few files.
static CORES: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));

/// Maps the items in as many threads as there are cores, each with `least` items at a time: a thread has its price.
pub fn map<T: Sync, R: Send>(items: &[T], least: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    in_parts(items, *CORES, least, work)
}

/// The same for work that waits for a disk and not for the processor.
pub fn map_waiting<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    const THREADS: usize = 16;
    in_parts(items, THREADS, 1, work)
}

/// Whoever is done with a part takes the next one: some take much longer than others. The caller's thread is one of them.
fn in_parts<T: Sync, R: Send>(items: &[T], threads: usize, size: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let parts: Vec<&[T]> = items.chunks(size).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        let mine = std::iter::from_fn(|| {
            let at = next.fetch_add(1, Ordering::Relaxed);
            Some((at, parts.get(at)?.iter().map(&work).collect::<Vec<_>>()))
        });
        mine.collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, Vec<R>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(parts.len())).map(|_| scope.spawn(take)).collect();
        let mine = take();
        let joined = others.into_iter().map(|thread| thread.join());
        let theirs = joined.flat_map(|taken| taken.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        mine.into_iter().chain(theirs).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, results)| results).collect()
}
