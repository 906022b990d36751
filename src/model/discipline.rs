//! What a producer keeps to beyond its pace: a window of unanswered publishes, a closed loop of users, what it publishes again, transactions, and work
//! of a consumer that it follows. A message that may not go out yet is held back at the client. Knows neither links nor the broker.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::republishing::Republishing;
use super::spec::{Pace, ProducerSpec};
use crate::amqp::Content;
use crate::engine::Seq;
use crate::random::{Distribution, RandomStream};
use crate::units::SimDuration;

/// As many users as the window allows, each of whom publishes, waits for the answer, thinks, and publishes again.
#[derive(Clone, Debug)]
pub(super) struct Users {
    think_time: Distribution,
    thoughts: RandomStream,
    /// The ends of their thoughts.
    thinking: BTreeSet<Seq>,
}

impl Users {
    fn of(producer: &ProducerSpec, seed: u64) -> Option<Self> {
        let Pace::Closed(think_time) = &producer.pace else { return None };
        Some(Users {
            think_time: think_time.clone(),
            thoughts: RandomStream::new(seed, &producer.name, "thoughts"),
            thinking: BTreeSet::new(),
        })
    }

    /// How long a user thinks who has got an answer.
    pub(super) fn think(&mut self) -> SimDuration {
        self.think_time.sample(self.thoughts.draw())
    }

    /// A user thinks until this event.
    pub(super) fn thinks_until(&mut self, due: Seq) {
        self.thinking.insert(due);
    }

    /// Whether the event is the end of a user's thought; if so, it is over.
    pub(super) fn is_due(&mut self, due: Seq) -> bool {
        self.thinking.remove(&due)
    }
}

/// A producer's rules and how far it is with them.
#[derive(Clone, Debug)]
pub(super) struct Discipline {
    /// How many publishes may be unanswered.
    window: u32,
    /// How many are.
    pub(super) in_flight: u32,
    /// Messages that are due and not published.
    pub(super) held_back: u32,
    /// After how many publishes it commits; `None`: it is not in transaction mode.
    transaction_size: Option<u32>,
    /// Messages published since the last commit, and those of commits that wait for their answers, in order.
    uncommitted: Vec<u32>,
    in_commits: VecDeque<Vec<u32>>,
    /// A commit waits for its answer, and publishes wait with it, as a client does that calls `tx.commit`.
    pub(super) committing: bool,
    /// It publishes when a consumer's work is done, not by time.
    pub(super) follows: bool,
    /// Requests whose replies are held back, in order; empty for a producer that does not reply.
    pub(super) requests: VecDeque<Arc<Content>>,
    /// The users of a closed loop; `None` where time or work makes it publish.
    pub(super) users: Option<Users>,
    /// What it publishes again; `None` for a producer that publishes each message once.
    pub(super) republishing: Option<Republishing>,
}

impl Discipline {
    /// That of a producer; `None` if time alone makes it publish.
    pub(super) fn of(producer: &ProducerSpec, seed: u64) -> Option<Self> {
        let follows = matches!(producer.pace, Pace::After { .. });
        let bound = producer.max_in_flight.is_some() || producer.transaction_size.is_some();
        let users = Users::of(producer, seed);
        if !bound && producer.republish.is_none() && !follows && users.is_none() {
            return None;
        }
        Some(Discipline {
            window: producer.max_in_flight.unwrap_or(u32::MAX),
            in_flight: 0,
            held_back: 0,
            transaction_size: producer.transaction_size,
            uncommitted: Vec::new(),
            in_commits: VecDeque::new(),
            committing: false,
            follows,
            requests: VecDeque::new(),
            users,
            republishing: Republishing::of(producer, seed),
        })
    }

    /// Whether a message may go out.
    pub(super) fn allows(&self) -> bool {
        self.in_flight < self.window && !self.committing
    }

    /// Users of a closed loop who neither think nor wait: those who begin, and those whose answer never comes.
    pub(super) fn users_at_rest(&self) -> u32 {
        let thinking = self.users.as_ref().map_or(0, |users| users.thinking.len() as u32);
        self.window.saturating_sub(thinking + self.in_flight + self.waiting() as u32)
    }

    /// Whether a user thinks, or a message that was nacked waits, until this event.
    pub(super) fn waits_for(&self, due: Seq) -> bool {
        self.users.as_ref().is_some_and(|users| users.thinking.contains(&due))
            || self.republishing.as_ref().is_some_and(|again| again.waits_for(due))
    }

    /// How many messages wait at the client, to go out for the first time or again.
    pub(super) fn waiting(&self) -> u64 {
        u64::from(self.held_back) + self.republishing.as_ref().map_or(0, |again| again.len() as u64)
    }

    /// Counts a publish for the transaction that it belongs to.
    pub(super) fn count_for_commit(&mut self, number: u32) {
        if self.transaction_size.is_some() {
            self.uncommitted.push(number);
        }
    }

    /// The messages of the commit that is answered.
    pub(super) fn committed(&mut self) -> Vec<u32> {
        self.committing = false;
        self.in_commits.pop_front().unwrap_or_default()
    }

    /// Whether to commit; if so, another transaction begins. `last`: no publish will follow.
    pub(super) fn commits(&mut self, last: bool) -> bool {
        let full = self.transaction_size.is_some_and(|size| self.uncommitted.len() >= size as usize);
        let commits = full || (last && !self.uncommitted.is_empty());
        if commits {
            self.in_commits.push_back(std::mem::take(&mut self.uncommitted));
            // One that follows a consumer does not hold up its acknowledgements.
            self.committing = !self.follows;
        }
        commits
    }

    /// Its process is gone, and with it what it held back: so many messages.
    pub(super) fn forget(&mut self) -> u32 {
        self.requests.clear();
        if let Some(users) = &mut self.users {
            users.thinking.clear();
        }
        if let Some(republishing) = &mut self.republishing {
            republishing.forget();
        }
        std::mem::take(&mut self.held_back)
    }

    /// Its channel is gone, and with it what was open there; messages that were held back go out on the next one.
    pub(super) fn part(&mut self) {
        self.in_flight = 0;
        self.uncommitted.clear();
        self.in_commits.clear();
        self.committing = false;
    }
}
