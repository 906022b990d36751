//! Crashes that can strike a run at any event: their names, what they are to the model, and how a file plans one.

use crate::model::{BrokerRestart, FaultKind};
use crate::storage::Crash;
use crate::units::SimDuration;

/// A kind of crash. To add one, add its line to [`CrashKind::ALL`].
#[derive(Clone, Copy, Debug)]
pub struct CrashKind {
    /// Its name on the command line, which is that of its table below `fault` in a file.
    pub name: &'static str,
    /// What happens, in words.
    pub about: &'static str,
    /// To the model, if the broker is down so long.
    pub fault: fn(SimDuration) -> FaultKind,
}

impl CrashKind {
    /// Every kind.
    pub const ALL: [CrashKind; 4] = [
        CrashKind {
            name: "broker-restart",
            about: "the broker stops cleanly and starts again",
            fault: |lasts| FaultKind::BrokerRestart(BrokerRestart { lasts, crash: Crash::CleanStop }),
        },
        CrashKind {
            name: "process-crash",
            about: "the broker's process is killed and started again",
            fault: |lasts| FaultKind::BrokerRestart(BrokerRestart { lasts, crash: Crash::Process }),
        },
        CrashKind {
            name: "power-loss",
            about: "the broker's machine loses its power and starts again",
            fault: |lasts| FaultKind::BrokerRestart(BrokerRestart { lasts, crash: Crash::PowerLoss }),
        },
        CrashKind {
            name: "disk-loss",
            about: "the broker's disk is gone and it starts again with an empty one",
            fault: |lasts| FaultKind::BrokerRestart(BrokerRestart { lasts, crash: Crash::DiskLoss }),
        },
    ];

    /// The kind with this name.
    pub fn named(name: &str) -> Option<CrashKind> {
        CrashKind::ALL.into_iter().find(|kind| kind.name == name)
    }

    /// The text of a scenario file with this crash right after the `event`-th event of the run, the broker being down for
    /// `lasts`. Nothing new is published from then on.
    pub fn planned_in(&self, text: &str, lasts: SimDuration, event: u64) -> String {
        let gap = match text {
            "" => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        format!(
            "{text}{gap}# Right after event {event} of the run, {}.\n[[fault.{}]]\nname = \"crash after event {event}\"\nwhen = \
             {{ events = {event} }}\nlasts = \"{lasts}\"\nstop-producers = true\n",
            self.about, self.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::keys::fault_kinds;

    #[test]
    fn a_planned_crash_stands_at_the_end_of_the_file() {
        let kind = CrashKind::named("process-crash").unwrap();
        let text = kind.planned_in("[[queue]]\nname = \"a\"", SimDuration::from_millis(1500), 7);
        assert_eq!(
            text,
            "[[queue]]\nname = \"a\"\n\n# Right after event 7 of the run, the broker's process is killed and started \
             again.\n[[fault.process-crash]]\nname = \"crash after event 7\"\nwhen = { events = 7 \
             }\nlasts = \"1.5s\"\nstop-producers = true\n"
        );
    }

    #[test]
    fn each_kind_has_a_table_of_its_own() {
        for (k, kind) in CrashKind::ALL.iter().enumerate() {
            assert!(CrashKind::ALL[..k].iter().all(|other| other.name != kind.name), "{}", kind.name);
            assert!(fault_kinds().any(|(table, _)| table == kind.name), "{}", kind.name);
        }
    }
}
