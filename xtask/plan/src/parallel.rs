//! The same work on many items, side by side.
//! It must never change an order: the results stand as their items do.

/// Maps the items in as many threads as there are cores, each with `least` items at least: a thread has its price.
pub fn map<T: Sync, R: Send>(items: &[T], least: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    in_parts(items, items.len().div_ceil(threads).max(least), work)
}

/// The same for work that waits for a disk and not for the processor.
pub fn map_waiting<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    const THREADS: usize = 16;
    in_parts(items, items.len().div_ceil(THREADS).max(1), work)
}

fn in_parts<T: Sync, R: Send>(items: &[T], size: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let work = &work;
        let parts: Vec<_> =
            items.chunks(size).map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<_>>())).collect();
        let joined = parts.into_iter().map(|part| part.join());
        joined.flat_map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
