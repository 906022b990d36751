//! What a consumer works on: one message, or several at once. The first hand is where every message passes; the others stand
//! beside it, and are met by events of their own.

use super::consumer::Consumer;
use super::held::InWork;
use crate::engine::Seq;

impl Consumer {
    /// Whether it can begin with another message.
    #[inline]
    pub(super) fn has_a_hand_free(&self) -> bool {
        self.work.is_none() || (!self.is_plain && self.more_work.len() + 1 < self.concurrency as usize)
    }

    /// Whether it works on nothing.
    #[inline]
    pub(super) fn is_at_rest(&self) -> bool {
        self.work.is_none() && (self.is_plain || self.more_work.is_empty())
    }

    /// Everything that it works on.
    pub(super) fn all_work(&self) -> impl Iterator<Item = &InWork> {
        self.work.iter().chain(self.more_work.iter().map(|(_, work)| work))
    }

    pub(super) fn all_work_mut(&mut self) -> impl Iterator<Item = &mut InWork> {
        self.work.iter_mut().chain(self.state.more_work.iter_mut().map(|(_, work)| work))
    }

    /// It works on one message more until this event.
    pub(super) fn works_on(&mut self, work: InWork, until: Seq) {
        if self.work.is_none() {
            self.work = Some(work);
            self.service = until;
        } else {
            self.works_on_more(work, until);
        }
    }

    /// The work that is known by one event is done at another.
    pub(super) fn works_until(&mut self, known: Seq, until: Seq) {
        if self.service == known {
            self.service = until;
        } else if let Some(other) = self.more_work.iter_mut().find(|(seq, _)| *seq == known) {
            other.0 = until;
        }
    }

    /// It works on one message more, beside the first, until this event.
    #[cold]
    pub(super) fn works_on_more(&mut self, work: InWork, until: Seq) {
        self.has_more = true;
        self.more_work.push((until, work));
    }

    /// The work that is done at this event.
    pub(super) fn work_done(&mut self, at: Seq) -> Option<InWork> {
        if self.service == at { self.work.take() } else { self.other_work_done(at) }
    }

    #[cold]
    fn other_work_done(&mut self, at: Seq) -> Option<InWork> {
        let place = self.more_work.iter().position(|(until, _)| *until == at)?;
        Some(self.more_work.remove(place).1)
    }

    /// What it works on with its channel that is gone: nothing of it if it goes on with it, and all that it drops otherwise.
    pub(super) fn part_work(&mut self, dies: bool) -> Vec<InWork> {
        if dies {
            self.service = Seq::NONE;
            let all = self.work.take().into_iter();
            return all.chain(self.more_work.drain(..).map(|(_, work)| work)).collect();
        }
        self.all_work_mut().for_each(|work| work.attached = false);
        Vec::new()
    }
}
