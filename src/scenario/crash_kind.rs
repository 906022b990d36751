//! Crashes that can strike a run at any event: their names, what they are to the model, and how a file plans one.

use super::Scenario;
use super::write::quoted;
use crate::model::{
    BrokerRestart, ConnectionLoss, ConsumerCrash, CrashBy, Declaration, FaultKind, NodeCrash, ProducerCrash,
    ProducerCrashBy, QueueCrash, SystemSpec, TopologySpec,
};
use crate::storage::Crash;
use crate::units::SimDuration;

/// A kind of crash. To add one, add its line to [`CrashKind::ALL`].
#[derive(Clone, Copy, Debug)]
pub struct CrashKind {
    /// Its name on the command line, which is that of its table below `fault` in a file.
    pub name: &'static str,
    /// What happens, in words, where there is one node.
    pub about: &'static str,
    /// What happens where there are several nodes.
    pub about_cluster: &'static str,
    /// What it hits.
    pub hits: Hits,
}

/// What a kind of crash hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hits {
    /// The broker, with all its nodes.
    Broker(Crash),
    /// One node.
    Node,
    /// One queue.
    Queue,
    /// One client.
    Client(Client),
}

/// What of clients can end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A consumer's process.
    Consumer,
    /// A producer's process.
    Producer,
    /// A connection.
    Connection,
}

impl CrashKind {
    /// Every kind.
    pub const ALL: [CrashKind; 9] = [
        CrashKind {
            name: "broker-restart",
            about: "the broker stops cleanly and starts again",
            about_cluster: "all nodes of the broker stop cleanly and start again",
            hits: Hits::Broker(Crash::CleanStop),
        },
        CrashKind {
            name: "process-crash",
            about: "the broker's process is killed and started again",
            about_cluster: "the processes of all nodes are killed and started again",
            hits: Hits::Broker(Crash::Process),
        },
        CrashKind {
            name: "power-loss",
            about: "the broker's machine loses its power and starts again",
            about_cluster: "the machines of all nodes lose their power and start again",
            hits: Hits::Broker(Crash::PowerLoss),
        },
        CrashKind {
            name: "disk-loss",
            about: "the broker's disk is gone and it starts again with an empty one",
            about_cluster: "the disks of all nodes are gone and they start again with empty ones",
            hits: Hits::Broker(Crash::DiskLoss),
        },
        CrashKind {
            name: "queue-crash",
            about: "the process of a classic queue is killed and started again at once",
            about_cluster: "the process of a classic queue is killed and started again at once",
            hits: Hits::Queue,
        },
        CrashKind {
            name: "node-crash",
            about: "one node of the broker ends and starts again",
            about_cluster: "one node of the broker ends and starts again",
            hits: Hits::Node,
        },
        CrashKind {
            name: "consumer-crash",
            about: "a consumer dies with what it holds and is started again",
            about_cluster: "a consumer dies with what it holds and is started again",
            hits: Hits::Client(Client::Consumer),
        },
        CrashKind {
            name: "producer-crash",
            about: "a producer dies with what it has not sent and is started again",
            about_cluster: "a producer dies with what it has not sent and is started again",
            hits: Hits::Client(Client::Producer),
        },
        CrashKind {
            name: "connection-loss",
            about: "a connection is cut with what is on its way, and is made again",
            about_cluster: "a connection is cut with what is on its way, and is made again",
            hits: Hits::Client(Client::Connection),
        },
    ];

    /// The kind with this name.
    pub fn named(name: &str) -> Option<CrashKind> {
        CrashKind::ALL.into_iter().find(|kind| kind.name == name)
    }
}

/// How a node ends: the words of the key `by` of `[[fault.node-crash]]`.
pub const NODE_ENDS: [(&str, Crash); 4] = [
    ("process-crash", Crash::Process),
    ("power-loss", Crash::PowerLoss),
    ("disk-loss", Crash::DiskLoss),
    ("restart", Crash::CleanStop),
];

/// A crash of a certain length, of something certain.
#[derive(Clone, Debug)]
pub struct PlannedCrash {
    /// What happens.
    pub kind: CrashKind,
    /// How long the broker, the node or the client is down. A queue is back at once.
    pub lasts: SimDuration,
    /// Of a node's crash: which node, from 0 on; `None`: whichever leads the quorum queues then.
    pub node: Option<u32>,
    /// Of a node's crash: how it ends, a word of [`NODE_ENDS`].
    pub by: &'static str,
    /// Of a queue's crash: its virtual host and name.
    pub queue: (String, String),
    /// Of a client's: its name.
    pub client: String,
}

impl Client {
    /// The key of a fault that names it.
    pub const fn key(self) -> &'static str {
        match self {
            Client::Consumer => "consumer",
            Client::Producer => "producer",
            Client::Connection => "connection",
        }
    }

    /// The names of all there are.
    pub fn names(self, system: &SystemSpec) -> Vec<&str> {
        match self {
            Client::Consumer => system.consumers.iter().map(|one| one.name.as_str()).collect(),
            Client::Producer => system.producers.iter().map(|one| one.name.as_str()).collect(),
            Client::Connection => system.connections.iter().map(|one| one.name.as_str()).collect(),
        }
    }

    /// The fault that ends the one at this index.
    fn fault(self, index: usize, lasts: SimDuration) -> FaultKind {
        let restart_after = Some(lasts);
        match self {
            Client::Consumer => FaultKind::ConsumerCrash(ConsumerCrash {
                consumer: index,
                by: CrashBy::TcpCut,
                restart_after,
            }),
            Client::Producer => {
                let by = ProducerCrashBy::ProcessExit;
                FaultKind::ProducerCrash(ProducerCrash { producer: index, by, restart_after })
            }
            Client::Connection => {
                FaultKind::ConnectionLoss(ConnectionLoss { connection: index, lasts, silent: false })
            }
        }
    }

    /// What a file says of how it ends and for how long.
    fn target(self, name: &str, lasts: SimDuration) -> String {
        let name = format!("{} = {}\n", self.key(), quoted(name));
        match self {
            Client::Consumer => format!("{name}by = \"tcp-cut\"\nrestart-after = \"{lasts}\"\n"),
            Client::Producer => format!("{name}by = \"process-exit\"\nrestart-after = \"{lasts}\"\n"),
            Client::Connection => format!("{name}lasts = \"{lasts}\"\n"),
        }
    }
}

impl PlannedCrash {
    /// The leader's process, where it is about a node; a queue or a client must be named.
    pub fn new(kind: CrashKind, lasts: SimDuration) -> Self {
        let queue = ("/".to_owned(), String::new());
        PlannedCrash { kind, lasts, node: None, by: NODE_ENDS[0].0, queue, client: String::new() }
    }

    /// To the model: one fault, or one for each of so many nodes if the leader's is meant.
    pub fn faults(&self, system: &SystemSpec) -> Vec<FaultKind> {
        let crash =
            NODE_ENDS.iter().find(|(by, _)| *by == self.by).map_or(Crash::Process, |(_, crash)| *crash);
        let of_node = |node| FaultKind::NodeCrash(NodeCrash { node, crash, lasts: self.lasts });
        match (self.kind.hits, self.node) {
            (Hits::Broker(crash), _) => {
                vec![FaultKind::BrokerRestart(BrokerRestart { lasts: self.lasts, crash })]
            }
            (Hits::Queue, _) => {
                let (vhost, queue) = self.queue.clone();
                vec![FaultKind::QueueCrash(QueueCrash { vhost, queue })]
            }
            (Hits::Client(client), _) => {
                let index = client.names(system).iter().position(|name| *name == self.client);
                index.map(|index| client.fault(index, self.lasts)).into_iter().collect()
            }
            (Hits::Node, Some(node)) => vec![of_node(node)],
            (Hits::Node, None) => (0..nodes(system)).map(of_node).collect(),
        }
    }

    /// What happens to the broker of this system, in words.
    pub fn about(&self, system: &SystemSpec) -> String {
        let several = nodes(system) > 1;
        match (self.kind.hits, self.node) {
            (Hits::Queue, _) => {
                format!("the process of queue `{}` is killed and started again at once", self.queue.1)
            }
            (Hits::Client(client), _) => match client {
                Client::Consumer => {
                    format!("consumer `{}` dies with what it holds and is started again", self.client)
                }
                Client::Producer => {
                    format!("producer `{}` dies with what it has not sent and is started again", self.client)
                }
                Client::Connection => {
                    format!("connection `{}` is cut with what is on its way, and is made again", self.client)
                }
            },
            (Hits::Node, node) if several => {
                let which = node.map_or("the leader's node".to_owned(), |node| format!("node {}", node + 1));
                format!("{which} ends (`{}`) and starts again", self.by)
            }
            (Hits::Node, _) => format!("the only node ends (`{}`) and starts again", self.by),
            (Hits::Broker(_), _) if several => self.kind.about_cluster.to_owned(),
            (Hits::Broker(_), _) => self.kind.about.to_owned(),
        }
    }

    /// The text of a scenario file of this system with this crash right after the `event`-th event of the run, of this node
    /// if it is one's. Nothing new is published from then on.
    pub fn planned_in(&self, text: &str, system: &SystemSpec, event: u64, node: Option<u32>) -> String {
        let gap = match text {
            "" => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let lasts = format!("lasts = \"{}\"\n", self.lasts);
        let target = match self.kind.hits {
            Hits::Broker(_) => lasts,
            Hits::Node => {
                let node = node.or(self.node).unwrap_or(0) + 1;
                format!("node = {node}\nby = \"{}\"\n{lasts}", self.by)
            }
            Hits::Client(client) => client.target(&self.client, self.lasts),
            Hits::Queue => {
                format!("queue = {}\nvhost = {}\n", quoted(&self.queue.1), quoted(&self.queue.0))
            }
        };
        format!(
            "{text}{gap}# Right after event {event} of the run, {}.\n[[fault.{}]]\nname = \"crash after event {event}\"\nwhen \
             = {{ events = {event} }}\n{target}stop-producers = true\n",
            self.about(system),
            self.kind.name
        )
    }

    /// The options of `crash-points` for it.
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = vec![("--kind", self.kind.name.to_owned())];
        match self.kind.hits {
            Hits::Broker(_) => {}
            Hits::Node => {
                options.extend(self.node.map(|node| ("--node", (node + 1).to_string())));
                options.push(("--by", self.by.to_owned()));
            }
            Hits::Client(_) => options.push(("--client", self.client.clone())),
            Hits::Queue => return options.into_iter().chain([("--queue", self.queue.1.clone())]).collect(),
        }
        options.push(("--lasts", self.lasts.to_string()));
        options
    }
}

/// How many nodes the broker has.
pub fn nodes(system: &SystemSpec) -> u32 {
    system.storage.as_ref().map_or(1, |storage| storage.cluster.nodes)
}

/// The classic queues that are there from the start, with their virtual hosts.
pub fn classic_queues<'a>(scenario: &'a Scenario) -> Vec<(&'a str, &'a str)> {
    let queue = |one: &'a TopologySpec| match &one.declaration {
        Declaration::Queue(queue) if !queue.passive => {
            let kind = queue.arguments.get("x-queue-type").and_then(|kind| kind.as_str());
            matches!(kind, None | Some("classic")).then_some((one.vhost.as_str(), queue.name.as_str()))
        }
        _ => None,
    };
    scenario.system.topology.iter().filter_map(queue).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::keys::fault_kinds;

    fn planned(kind: &str) -> PlannedCrash {
        PlannedCrash::new(CrashKind::named(kind).unwrap(), SimDuration::from_millis(1500))
    }

    fn system() -> SystemSpec {
        crate::scenario::ScenarioBuilder::new("empty").queue("a").build().unwrap().system
    }

    #[test]
    fn a_planned_crash_stands_at_the_end_of_the_file() {
        let text = planned("process-crash").planned_in("[[queue]]\nname = \"a\"", &system(), 7, None);
        assert_eq!(
            text,
            "[[queue]]\nname = \"a\"\n\n# Right after event 7 of the run, the broker's process is killed and started \
             again.\n[[fault.process-crash]]\nname = \"crash after event 7\"\nwhen = { events = 7 }\nlasts = \
             \"1.5s\"\nstop-producers = true\n"
        );
    }

    #[test]
    fn a_crash_of_something_certain_says_of_what() {
        let node = planned("node-crash").planned_in("", &system(), 7, Some(2));
        assert!(node.contains("\nnode = 3\nby = \"process-crash\"\nlasts = \"1.5s\"\n"), "{node}");
        let mut queue = planned("queue-crash");
        queue.queue = ("shop".into(), "or\"ders".into());
        let text = queue.planned_in("", &system(), 7, None);
        assert!(text.contains("\nqueue = \"or\\\"ders\"\nvhost = \"shop\"\nstop-producers"), "{text}");
    }

    #[test]
    fn each_kind_has_a_table_of_its_own() {
        for (k, kind) in CrashKind::ALL.iter().enumerate() {
            assert!(CrashKind::ALL[..k].iter().all(|other| other.name != kind.name), "{}", kind.name);
            assert!(fault_kinds().any(|(table, _)| table == kind.name), "{}", kind.name);
        }
    }
}
