//! How a message came to be lost though it was confirmed: the steps of its copy in a queue, one after the other.

use crate::observe::{Durability, LossCause};
use crate::units::SimTime;

use super::page::instant;
use super::subjects::View;

/// What became of a copy on its way to the disk, and when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    pub(super) published: Option<SimTime>,
    /// It entered its queue.
    pub(super) entered: Option<SimTime>,
    pub(super) written: Option<SimTime>,
    pub(super) stable: Option<SimTime>,
    /// The broker sent its confirm; by the agreement of nodes, if it is so.
    pub(super) accepted: Option<(SimTime, bool)>,
    /// It was accepted with its transaction, and not by a confirm.
    pub(super) in_transaction: bool,
    /// The last fault, and when it struck.
    pub(super) fault: Option<(u32, SimTime)>,
}

impl Steps {
    /// The copy is safer than it was since `at`.
    pub(super) fn reached(&mut self, level: Durability, at: SimTime) {
        match level {
            Durability::Written => self.written = Some(at),
            Durability::Stable => self.stable = Some(at),
        }
    }

    /// Why the confirm came when it came.
    fn why_accepted(
        &self,
        view: View<'_>,
        cause: LossCause,
        (at, by_nodes): (SimTime, bool),
    ) -> &'static str {
        let lies = view.cast.directory().writeback.is_some_and(|own| !own.honours_flush);
        match cause {
            _ if self.is_confirmed_elsewhere() => "when the queue that it was published to had it",
            _ if by_nodes && lies => {
                "after a sync of a majority of the nodes, which their disks do not bring to safety"
            }
            _ if by_nodes => "as soon as a majority of the nodes had synced it",
            LossCause::TransientInRestart | LossCause::QueueNotDurable => {
                "as soon as the queue had it, because such a message is never written"
            }
            _ if self.stable.is_some_and(|stable| stable <= at) => "as soon as it was synced",
            _ if lies && self.written.is_some_and(|written| written < at) => {
                "after a sync, which this disk does not bring to safety"
            }
            _ if self.written.is_some_and(|written| written < at) => {
                "after a sync of one of the two files that it is in: the other was only written"
            }
            _ if self.written == Some(at) => "as soon as it was written, because its store waits for no sync",
            _ => "as soon as the queue had it, because its store waits for no write",
        }
    }

    /// It was confirmed before it came to its queue: it is a dead letter, and an earlier queue had it then.
    fn is_confirmed_elsewhere(&self) -> bool {
        self.entered.zip(self.accepted).is_some_and(|(entered, (accepted, _))| accepted < entered)
    }

    /// What would have saved it.
    fn remedy(&self, view: View<'_>, cause: LossCause) -> Option<String> {
        let remedy = match cause {
            LossCause::TransientInRestart => "to be persistent".to_owned(),
            LossCause::QueueNotDurable => "a durable queue".to_owned(),
            LossCause::InProcessBuffer if self.is_confirmed_elsewhere() => {
                "a write, for which no confirm waits: that was about the queue that it was published to"
                    .to_owned()
            }
            LossCause::InProcessBuffer => "a write, and a confirm that waits for it".to_owned(),
            LossCause::IndexWithoutBody => format!("for both files {}", self.sync_or_writeback(view)),
            LossCause::InPageCache | LossCause::TornTail => self.sync_or_writeback(view),
            LossCause::QueueUnregistered => {
                "a queue that was older than the `registration-window`".to_owned()
            }
            LossCause::DiskLost if self.accepted.is_some_and(|(_, by_nodes)| by_nodes) => {
                "the disks of a majority of the nodes".to_owned()
            }
            LossCause::DiskLost => "a copy on another disk".to_owned(),
            _ => return None,
        };
        Some(remedy)
    }

    /// `a sync, or …`, with the instant by which the operating system would have written.
    fn sync_or_writeback(&self, view: View<'_>) -> String {
        let Some(own) = view.cast.directory().writeback else { return "a sync".to_owned() };
        let sync = if own.honours_flush { "a sync" } else { "a disk that does what a sync asks for" };
        let by = own.age + own.period + own.commit_period;
        let commit = if own.commit_period.is_zero() {
            String::new()
        } else {
            format!(", and the file system commits every {}", own.commit_period)
        };
        let latest = self.written.map_or_else(String::new, |at| {
            format!(": by {} at the latest, sooner if its file had been dirty before", instant(at + by))
        });
        format!(
            "{sync}, or the write-back of the operating system, which looks every {} for files that have been dirty for \
             {}{commit}{latest}",
            own.period, own.age
        )
    }

    /// The chain of events in one paragraph; `None` for a loss that has nothing to do with the disk.
    pub(super) fn tell(
        &self,
        view: View<'_>,
        name: &str,
        queue: &str,
        (cause, lost): (LossCause, SimTime),
    ) -> Option<String> {
        let (accepted, by_nodes) = self.accepted?;
        let remedy = self.remedy(view, cause)?;
        let mut chain = Vec::new();
        chain.extend(self.published.map(|at| format!("published at {}", instant(at))));
        let entered = self.entered.map(|at| format!("in the memory of queue {queue} at {}", instant(at)));
        let word = if self.in_transaction { "committed" } else { "confirmed" };
        let confirmed = format!(
            "{word} at {}, {}",
            instant(accepted),
            self.why_accepted(view, cause, (accepted, by_nodes))
        );
        let written = self.written.map(|at| {
            let place = if self.stable == Some(at) { "on the disk" } else { "in the page cache" };
            format!("{place} at {}", instant(at))
        });
        match self.written {
            _ if self.is_confirmed_elsewhere() => {
                chain.push(confirmed);
                chain.extend(entered);
                chain.extend(written);
            }
            Some(at) if at > accepted => {
                chain.extend(entered);
                chain.push(confirmed);
                chain.extend(written);
            }
            _ => {
                chain.extend(entered);
                chain.extend(written);
                chain.push(confirmed);
            }
        }
        if let Some(at) = self.stable.filter(|_| self.stable != self.written) {
            chain.push(format!("on the disk at {}", instant(at)));
        }
        let by = self.fault.filter(|&(_, at)| at == lost).map_or_else(String::new, |(fault, _)| {
            let deed = view.cast.deed(fault).map_or_else(String::new, |deed| format!(": {deed}"));
            format!(", by fault {}{deed}", view.cast.fault(fault))
        });
        chain.push(format!("lost at {}, {}{by}", instant(lost), cause.words()));
        Some(format!(
            "How {name} was lost though {word}: {}. What would have kept it: {remedy}.",
            chain.join(" → ")
        ))
    }
}
