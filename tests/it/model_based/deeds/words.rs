//! The names that clients use.

use amqpsim::amqp::{Name, Names};
use amqpsim::broker::{Broker, Profile};

/// The names that clients use, known to every new broker by the same numbers.
#[derive(Clone, Debug)]
pub(in super::super) struct Words {
    pub(super) vhost: Name,
    pub(super) guest: Name,
    pub(in super::super) queues: [Name; 3],
    pub(in super::super) exchanges: [Name; 4],
    pub(super) system_exchange: Name,
    /// So long that reply texts with it are cut.
    pub(super) missing: Name,
    pub(super) kinds: [Name; 3],
    pub(super) keys: Vec<Name>,
    pub(super) tags: [Name; 3],
}

pub(in super::super) fn new_broker() -> (Broker, Words) {
    let mut broker = Broker::new(Profile::find("rabbitmq-3.10").expect("the profile is known"));
    let words = Words::new(broker.names_mut());
    (broker, words)
}

impl Words {
    fn new(names: &mut Names) -> Words {
        let mut name = |text| names.intern(text);
        Words {
            vhost: name("/"),
            guest: name("guest"),
            queues: ["q0", "q1", "q2"].map(&mut name),
            exchanges: ["", "x1", "x2", "x3"].map(&mut name),
            system_exchange: name("amq.fanout"),
            missing: name(&"missing ".repeat(30)),
            kinds: ["topic", "fanout", "direct"].map(&mut name),
            keys: ["q0", "q1", "a", "a.b", "b", "a.*", "#", "#.b", ""].map(&mut name).to_vec(),
            tags: ["t0", "t1", "t2"].map(&mut name),
        }
    }
}
