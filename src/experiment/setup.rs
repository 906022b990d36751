//! What the truth table of durability is about: what the application chooses, where its queue is kept, and what crashes.

use crate::scenario::{Client, CrashKind, Hits, PlannedCrash};
use crate::units::SimDuration;

/// The preset that stands for quorum queues.
const QUORUM: &str = "rabbitmq-quorum";

/// Quorum queues with so many members, each on a node of its own.
const QUORUMS: [(&str, u32); 3] =
    [("rabbitmq-quorum-1", 1), ("rabbitmq-quorum-3", 3), ("rabbitmq-quorum-5", 5)];

/// What the application chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Whether the queue is durable.
    pub durable: bool,
    /// Whether messages are persistent.
    pub persistent: bool,
    /// Whether the producer asks for confirms.
    pub confirms: bool,
    /// Whether the consumer acknowledges automatically.
    pub automatic: bool,
}

impl Setup {
    /// Every one, the most careful first.
    pub fn all() -> Vec<Setup> {
        let bit = |k: u32, place: u32| k >> place & 1 == 0;
        let setup = |k| Setup {
            durable: bit(k, 3),
            persistent: bit(k, 2),
            confirms: bit(k, 1),
            automatic: !bit(k, 0),
        };
        (0..16).map(setup).collect()
    }
}

/// Where the queue is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueStore {
    /// Its name: the preset's, with the number of members where there may be several.
    pub name: &'static str,
    /// The preset of each member.
    pub preset: &'static str,
    /// On how many nodes.
    pub members: u32,
}

impl QueueStore {
    /// The ways to use a preset: one, or one for each number of members of a quorum queue.
    pub fn of_preset(preset: &'static str) -> Vec<QueueStore> {
        match preset {
            QUORUM => QUORUMS.map(|(name, members)| QueueStore { name, preset, members }).to_vec(),
            name => vec![QueueStore { name, preset, members: 1 }],
        }
    }

    /// The name without what all of RabbitMQ's share.
    pub fn short_name(&self) -> &'static str {
        self.name.trim_start_matches("rabbitmq-")
    }

    /// Whether the queue is a quorum queue: always durable, and keeps transient messages as persistent ones.
    pub fn is_quorum(&self) -> bool {
        self.preset == QUORUM
    }
}

/// What crashes.
#[derive(Clone, Copy, Debug)]
pub struct TableCrash {
    /// Its name.
    pub name: &'static str,
    /// What happens, in words.
    pub about: &'static str,
    kind: CrashKind,
    /// Of one node: how it ends.
    by: Option<&'static str>,
}

impl TableCrash {
    /// Each kind of crash; of one node's, those that differ.
    pub fn all() -> Vec<TableCrash> {
        let kinds = CrashKind::ALL.into_iter().filter(|kind| kind.hits != Hits::Node);
        let mut all: Vec<TableCrash> = kinds
            .map(|kind| {
                let about = match kind.hits {
                    Hits::Client(Client::Connection) => {
                        "the producer's connection is cut with what is on its way, and is made again"
                    }
                    _ => kind.about_cluster,
                };
                TableCrash { name: kind.name, about, kind, by: None }
            })
            .collect();
        for (name, by, about) in [
            (
                "node-crash",
                "process-crash",
                "the process of one node, the leader's, is killed and started again; where there is one node, that is the broker",
            ),
            (
                "node-disk-loss",
                "disk-loss",
                "the disk of one node, the leader's, is gone and the node starts again with an empty one",
            ),
        ] {
            let kind = CrashKind::ALL.into_iter().find(|kind| kind.hits == Hits::Node);
            all.extend(kind.map(|kind| TableCrash { name, about, kind, by: Some(by) }));
        }
        all
    }

    /// Whether there is something for it to hit. A quorum queue has no process whose end would be that of the queue.
    pub fn hits(&self, store: &QueueStore) -> bool {
        self.kind.hits != Hits::Queue || !store.is_quorum()
    }

    /// The crash of this queue, or of the client that is a consumer, or of the producer or its connection; with so long an end.
    pub(super) fn planned(
        &self,
        (queue, producer, consumer): (&str, &str, &str),
        lasts: SimDuration,
    ) -> PlannedCrash {
        let mut crash = PlannedCrash::new(self.kind, lasts);
        queue.clone_into(&mut crash.queue.1);
        match self.kind.hits {
            Hits::Client(Client::Consumer) => consumer.clone_into(&mut crash.client),
            Hits::Client(Client::Producer | Client::Connection) => producer.clone_into(&mut crash.client),
            Hits::Broker(_) | Hits::Node | Hits::Queue => {}
        }
        crash.by = self.by.unwrap_or(crash.by);
        crash
    }
}
