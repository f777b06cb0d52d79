//! Several connections to the database, each for one question at a time.
//!
//! This module knows how many questions are answered at once. It never lets one wait for long.

use std::{
    path::Path,
    sync::{Arc, Mutex, TryLockError},
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::store::Store;

/// Questions that are answered at once; each takes a processor.
const READERS: usize = 4;

/// How long a question waits for its turn; who asks whether the service is ready waits for five seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// The connections.
pub struct Readers {
    stores: Vec<Mutex<Store>>,
    turns: Arc<Semaphore>,
    /// For those that wait for their turn, too.
    asking: Semaphore,
}

impl Readers {
    /// Opens the database at `path`, and upgrades it when it is older. At most `most` questions may be there at once.
    pub fn open(path: &Path, most: usize) -> Result<Self> {
        let stores = (0..READERS).map(|_| Store::open(path).map(Mutex::new)).collect::<Result<_>>()?;
        Ok(Self { stores, turns: Arc::new(Semaphore::new(READERS)), asking: Semaphore::new(most) })
    }

    /// Asks the store on a thread that may wait for the disk. Nothing when there are too many questions, or it was not
    /// its turn for too long.
    pub async fn ask<T: Send + 'static>(
        self: Arc<Self>,
        question: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let readers = Arc::clone(&self);
        let Ok(_asking) = readers.asking.try_acquire() else { return Ok(None) };
        let Ok(turn) = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await else {
            return Ok(None);
        };
        // The turn lasts as long as the question, also when whoever asked has left.
        let answer = spawn_blocking(move || {
            let _turn = turn.context("no question is answered any more")?;
            let store = self.stores.iter().find_map(|store| match store.try_lock() {
                Ok(store) => Some(store),
                // Only reads happen here, so a thread that died left nothing half done.
                Err(TryLockError::Poisoned(store)) => Some(store.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            });
            let mut store = store.context("more questions than connections")?;
            store.renew()?;
            question(&store)
        });
        answer.await.context("the query was interrupted")?.map(Some)
    }
}
