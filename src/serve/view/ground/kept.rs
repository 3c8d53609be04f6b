//! What takes long and depends on commits alone: made once, on a thread of its own, for as long as its key stands.
//! Whoever asks meanwhile waits for the one that is being made, for a time, and is told then.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::fault::{Fault, FaultKind};
use crate::serve::view::project::locked;

/// How long a visitor waits for what is being made.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What was made last, and for what.
#[derive(Debug)]
pub(in crate::serve::view) struct Kept<T>(Arc<Shelf<T>>);

#[derive(Debug)]
struct Shelf<T> {
    state: Mutex<State<T>>,
    told: Condvar,
}

#[derive(Debug)]
struct State<T> {
    key: String,
    made: Option<Result<Arc<T>, Fault>>,
    /// How often something was made.
    times: u64,
    /// When it was last asked for.
    asked: Instant,
    is_making: bool,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        let state = State { key: String::new(), made: None, times: 0, asked: Instant::now(), is_making: false };
        Self(Arc::new(Shelf { state: Mutex::new(state), told: Condvar::new() }))
    }
}

impl<T: Send + Sync + 'static> Kept<T> {
    /// What belongs to a key. `prepare` is called when it has to be made, and gives what makes it.
    ///
    /// # Errors
    /// What making it fails of; and when it is not there after `patience` (exit 130, answered with 503): it goes on
    /// being made.
    pub(super) fn get<M>(&self, key: &str, patience: Duration, prepare: impl FnOnce() -> M) -> Result<Arc<T>, Fault>
    where
        M: FnOnce() -> Result<T, Fault> + Send + 'static,
    {
        let begun = Instant::now();
        let mut prepare = Some(prepare);
        let mut state = locked(&self.0.state);
        let first = state.times;
        state.asked = begun;
        loop {
            match &state.made {
                // Disk and git may recover without a ref moving: what failed before this was asked is tried again.
                Some(Err(fault)) if fault.kind() == FaultKind::Unfinished && state.times == first => {}
                // What replaced what this one made is of a later key.
                Some(made) if state.key == key || prepare.is_none() => return made.clone(),
                _ => {}
            }
            if !state.is_making
                && let Some(prepare) = prepare.take()
            {
                state.is_making = true;
                let work = Work { shelf: Arc::clone(&self.0), key: key.to_owned(), made: None };
                let make = prepare();
                let made = thread::Builder::new().name("look".into()).spawn(move || work.done(make));
                made.map_err(|error| Fault::unfinished("can't start a thread").because(&error))?;
            }
            let Some(left) = patience.checked_sub(begun.elapsed()) else {
                return Err(Fault::new(FaultKind::Interrupted, "vso is still looking at the commit")
                    .hint("ask again in a few seconds; a page does so by itself"));
            };
            state = self.0.told.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<T> Kept<T> {
    /// Gives up what nobody asked for so long.
    pub(super) fn forget(&self, after: Duration) {
        let mut state = locked(&self.0.state);
        if state.asked.elapsed() >= after {
            let made = state.made.take();
            drop(state);
            drop(made);
        }
    }
}

/// Being made. Also when that panics or its thread can't be started, whoever waits is told.
struct Work<T> {
    shelf: Arc<Shelf<T>>,
    key: String,
    made: Option<Result<T, Fault>>,
}

impl<T> Work<T> {
    fn done(mut self, make: impl FnOnce() -> Result<T, Fault>) {
        self.made = Some(make());
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        let panicked = || Err(Fault::unfinished("looking at the commit ended by a defect of vso; its log says where"));
        let made = self.made.take().unwrap_or_else(panicked).map(Arc::new);
        let before = {
            let mut state = locked(&self.shelf.state);
            state.is_making = false;
            state.times += 1;
            state.key = std::mem::take(&mut self.key);
            state.made.replace(made)
        };
        self.shelf.told.notify_all();
        // Large, and of no use to whoever waits.
        drop(before);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn get(kept: &Kept<u32>, key: &str, make: fn() -> Result<u32, Fault>) -> Result<u32, Fault> {
        kept.get(key, LONG, || make).map(|made| *made)
    }

    #[test]
    fn it_is_made_once_for_each_key() {
        let kept = Kept::default();
        assert_eq!(get(&kept, "a", || Ok(1)), Ok(1));
        assert_eq!(get(&kept, "a", || unreachable!("it is there")), Ok(1));
        assert_eq!(get(&kept, "b", || Ok(2)), Ok(2));
        assert_eq!(get(&kept, "a", || Ok(3)), Ok(3));
    }

    #[test]
    fn what_may_go_away_is_tried_again_and_what_stands_is_not() {
        let kept = Kept::default();
        let (full, none) = (|| Err(Fault::unfinished("the disk is full")), || Err(Fault::usage("no master")));
        assert!(get(&kept, "a", full).is_err());
        assert_eq!(get(&kept, "a", || Ok(1)), Ok(1));
        assert_eq!(get(&kept, "b", none), Err(Fault::usage("no master")));
        assert_eq!(get(&kept, "b", || unreachable!("no ref moved")), Err(Fault::usage("no master")));
    }

    #[test]
    fn a_defect_is_said_and_what_comes_next_is_made() {
        let kept = Kept::default();
        let said = get(&kept, "a", || panic!("a defect that this test means"));
        assert!(said.unwrap_err().message().contains("by a defect"));
        assert_eq!(get(&kept, "a", || Ok(1)), Ok(1));
    }

    #[test]
    fn what_nobody_asks_for_is_given_up() {
        let kept = Kept::default();
        assert_eq!(get(&kept, "a", || Ok(1)), Ok(1));
        kept.forget(LONG);
        assert_eq!(get(&kept, "a", || unreachable!("it was just asked for")), Ok(1));
        kept.forget(Duration::ZERO);
        assert_eq!(get(&kept, "a", || Ok(2)), Ok(2));
    }

    #[test]
    fn nobody_waits_for_ever_and_everybody_gets_what_was_made_once() {
        let kept: Kept<u32> = Kept::default();
        let (go, wait) = channel::<()>();
        let slow = move || {
            wait.recv().map_err(|_| Fault::unfinished("nobody let it go"))?;
            Ok(7)
        };
        let early = kept.get("a", Duration::from_millis(5), || slow).unwrap_err();
        assert_eq!((early.kind(), early.hints().len()), (FaultKind::Interrupted, 1));
        thread::scope(|scope| {
            let others: Vec<_> =
                (0..3).map(|_| scope.spawn(|| get(&kept, "a", || unreachable!("it is being made")))).collect();
            go.send(()).unwrap();
            others.into_iter().for_each(|other| assert_eq!(other.join().unwrap(), Ok(7)));
        });
    }
}
