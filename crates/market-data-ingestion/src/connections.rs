//! The connections that are open, and which of them wait for their client.
//!
//! This module knows how many may be open, and closes the one that has waited longest to make room. It never closes one
//! whose request is being answered.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long to wait until one more connection may have become idle.
const MOMENT: Duration = Duration::from_millis(100);

/// All of them.
pub struct Connections {
    most: usize,
    room: Arc<Semaphore>,
    idle: Mutex<Idle>,
}

/// Those whose client is to send a request or to take an answer, in the order in which they began to wait.
#[derive(Default)]
struct Idle {
    next: u64,
    since: BTreeMap<u64, (Instant, Arc<Notify>)>,
}

/// One of them; it leaves when it is dropped.
pub struct Place {
    all: Arc<Connections>,
    /// Its key while it is idle.
    turn: Mutex<u64>,
    close: Arc<Notify>,
    _room: OwnedSemaphorePermit,
}

impl Connections {
    pub fn new(most: u16) -> Arc<Self> {
        let most = usize::from(most);
        Arc::new(Self { most, room: Arc::new(Semaphore::new(most)), idle: Mutex::default() })
    }

    pub fn most(&self) -> usize {
        self.most
    }

    pub fn open(&self) -> usize {
        self.most - self.room.available_permits()
    }

    /// Makes room for one more.
    pub async fn enter(self: &Arc<Self>) -> Result<Place, AcquireError> {
        let room = loop {
            if let Ok(room) = Arc::clone(&self.room).try_acquire_owned() {
                break room;
            }
            self.close_longest_idle();
            if let Ok(room) = timeout(MOMENT, Arc::clone(&self.room).acquire_owned()).await {
                break room?;
            }
        };
        let place = Place { all: Arc::clone(self), turn: Mutex::default(), close: Arc::default(), _room: room };
        place.wait();
        Ok(place)
    }

    pub fn close_longest_idle(&self) {
        if let Some((_, (_, close))) = self.idle().since.pop_first() {
            close.notify_one();
        }
    }

    /// Closes those that have waited since `then`.
    pub fn close_idle_since(&self, then: Instant) {
        let mut idle = self.idle();
        while let Some(first) = idle.since.first_entry()
            && first.get().0 <= then
        {
            first.remove().1.notify_one();
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A request has come.
    pub fn work(&self) {
        self.all.idle().since.remove(&*self.turn());
    }

    /// Its answer is there to be taken.
    pub fn wait(&self) {
        let mut idle = self.all.idle();
        idle.next += 1;
        *self.turn() = idle.next;
        let next = idle.next;
        idle.since.insert(next, (Instant::now(), Arc::clone(&self.close)));
    }

    /// Until it is to be closed.
    pub async fn closed(&self) {
        self.close.notified().await;
    }

    fn turn(&self) -> MutexGuard<'_, u64> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.work();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_closed(place: &Place) -> bool {
        timeout(Duration::from_millis(1), place.closed()).await.is_ok()
    }

    #[tokio::test]
    async fn the_one_that_has_waited_longest_makes_room() {
        let all = Connections::new(3);
        let [busy, first, second] =
            [all.enter().await.unwrap(), all.enter().await.unwrap(), all.enter().await.unwrap()];
        busy.work();
        first.work();
        first.wait();
        let mut entering = Box::pin(all.enter());
        assert!(timeout(Duration::from_millis(1), &mut entering).await.is_err());
        assert!(is_closed(&second).await);
        assert!(!is_closed(&first).await && !is_closed(&busy).await);
        drop(second);
        let third = entering.await.unwrap();
        all.close_idle_since(Instant::now());
        assert!(is_closed(&first).await && is_closed(&third).await && !is_closed(&busy).await);
    }
}
