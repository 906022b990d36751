//! A channel: its deliveries, its consumers, its prefetch settings.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use crate::amqp::{ChannelRef, ConsumerId, DeliveryTag, Name, QueueId};
use crate::observe::LossCause;
use crate::rules::{self, RuleRef};
use crate::units::SimTime;

use super::confirms::Confirms;
use super::direct_reply::ReplyConsumer;
use super::transactions::Transaction;
use super::unacked::{GONE, Unacked, UnackedList};

/// How many routes a channel remembers beside its first one.
const ROUTES: usize = 16;

/// A channel that is open for the broker: two lines of the processor's cache for its deliveries, of which the oldest lies in them,
/// and two for publishes, of which the first one is the same.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Channel {
    pub(super) at: ChannelRef,
    pub(super) state: ChannelState,
    /// The next delivery has to start that timer, whatever queue it is from.
    pub(super) is_unwatched: bool,
    /// The bound that all its consumers share (`basic.qos` with global); 0: none. Source: rules QOS-4 to QOS-9.
    pub(super) limit: u16,
    /// No other channel has or had it.
    pub(super) serial: u32,
    /// The tag given last.
    pub(super) last_tag: DeliveryTag,
    pub(super) tx: Option<Box<Transaction>>,
    pub(super) confirms: Option<Box<Confirms>>,
    pub(super) unacked: UnackedList,
    /// The first one asked for, which most producers never leave.
    route: Route,
    rest: Box<ChannelRest>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    size_of::<Option<Channel>>() <= 192,
    "three lines of the cache, and the first one tells whether it is there"
);

/// What few publishes and deliveries need of a channel.
#[derive(Clone, Debug)]
pub(super) struct ChannelRest {
    /// Other routes, by their keys.
    more_routes: Vec<Route>,
    /// Deliveries that count against the limit. Below 0 where more were acknowledged than counted.
    pub(super) volume: i64,
    /// Queues that were refused for the limit and wait to be told.
    pub(super) refused: Vec<QueueId>,
    pub(super) vhost: u16,
    /// In order of subscription.
    pub(super) consumers: Vec<ConsumerId>,
    /// For consumers made from here on. Source: rule QOS-2.
    pub(super) prefetch: u16,
    /// The queue declared last, for methods that leave the name empty. Source: rule BND-3.
    pub(super) last_queue: Option<Name>,
    pub(super) replies: Option<Box<ReplyConsumer>>,
    /// It looks at the age of its deliveries each minute from here on. Source: rule ACK-11.
    pub(super) opened: SimTime,
    /// The timer for its oldest delivery.
    pub(super) watch: Option<u32>,
}

impl Deref for Channel {
    type Target = ChannelRest;

    fn deref(&self) -> &ChannelRest {
        &self.rest
    }
}

impl DerefMut for Channel {
    fn deref_mut(&mut self) -> &mut ChannelRest {
        &mut self.rest
    }
}

/// Whether a channel takes methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelState {
    Open,
    /// The broker sent `channel.close`; everything is discarded until `channel.close-ok`. Source: rule ERR-4.
    Closing,
}

/// A remembered answer of the exchanges.
#[derive(Clone, Debug)]
pub(super) struct Route {
    exchange: Name,
    key: Name,
    /// It is valid while the topology has this number.
    topology: u64,
    queues: RoutedTo,
    /// By which the exchange chose them.
    pub(super) rule: RuleRef,
}

/// The queues of a route. Most lead to one.
#[derive(Clone, Debug)]
enum RoutedTo {
    One(QueueId),
    Several(Box<[QueueId]>),
}

impl Route {
    /// Valid for no topology.
    fn nowhere() -> Self {
        let (exchange, key, queues) = (Name::EMPTY, Name::EMPTY, RoutedTo::Several(Box::default()));
        Route { exchange, key, topology: 0, queues, rule: rules::RT_10 }
    }

    #[inline(always)]
    fn is_of(&self, exchange: Name, key: Name) -> bool {
        self.key == key && self.exchange == exchange
    }

    /// The queue, if there is only one.
    #[inline(always)]
    pub(super) fn only(&self) -> Option<QueueId> {
        match self.queues {
            RoutedTo::One(only) => Some(only),
            RoutedTo::Several(_) => None,
        }
    }

    pub(super) fn queues(&self) -> &[QueueId] {
        match &self.queues {
            RoutedTo::One(only) => std::slice::from_ref(only),
            RoutedTo::Several(all) => all,
        }
    }
}

impl Channel {
    pub(super) fn new(at: ChannelRef, vhost: u16, serial: u32, opened: SimTime) -> Self {
        Channel {
            at,
            state: ChannelState::Open,
            is_unwatched: false,
            limit: 0,
            serial,
            last_tag: 0,
            tx: None,
            unacked: UnackedList::default(),
            confirms: None,
            route: Route::nowhere(),
            rest: Box::new(ChannelRest {
                more_routes: Vec::new(),
                volume: 0,
                refused: Vec::new(),
                vhost,
                consumers: Vec::new(),
                prefetch: 0,
                last_queue: None,
                replies: None,
                opened,
                watch: None,
            }),
        }
    }

    pub(super) fn limit_is_reached(&self) -> bool {
        self.limit > 0 && self.volume >= i64::from(self.limit)
    }

    /// It is the one at `at`, and takes methods.
    #[inline(always)]
    pub(super) fn is_open_at(&self, at: ChannelRef) -> bool {
        self.at == at && self.state == ChannelState::Open
    }

    /// All deliveries that are not settled for the queues, those included that wait for a commit.
    fn deliveries_mut(&mut self) -> impl Iterator<Item = &mut Unacked> {
        let waiting = self.tx.iter_mut().flat_map(|tx| tx.deliveries_mut());
        self.unacked.iter_mut().chain(waiting)
    }

    /// Marks all deliveries from `queue` as [`GONE`]; returns them as they were, in order.
    pub(super) fn forget_queue(&mut self, queue: QueueId) -> Vec<Unacked> {
        let from = self.deliveries_mut().filter(|unacked| unacked.queue == queue);
        from.map(|unacked| std::mem::replace(unacked, Unacked { queue: GONE, ..*unacked })).collect()
    }

    /// Marks all deliveries of these copies as [`GONE`]; returns them as they were, in order.
    pub(super) fn forget_copies(&mut self, gone: &BTreeMap<(QueueId, u32), LossCause>) -> Vec<Unacked> {
        let is_gone = |unacked: &Unacked| gone.contains_key(&(unacked.queue, unacked.entry.arrival()));
        let all = self.deliveries_mut().filter(|unacked| is_gone(unacked));
        all.map(|unacked| std::mem::replace(unacked, Unacked { queue: GONE, ..*unacked })).collect()
    }

    /// A consumer is gone: its deliveries stay, without it; their tags.
    pub(super) fn orphan(&mut self, consumer: ConsumerId) -> Vec<DeliveryTag> {
        let own = self.deliveries_mut().filter(|unacked| unacked.consumer == Some(consumer));
        own.map(|unacked| {
            unacked.consumer = None;
            unacked.tag
        })
        .collect()
    }

    /// A consumer of a tag that another one had before takes that one's deliveries over; how many.
    pub(super) fn adopt(&mut self, consumer: ConsumerId, queue: QueueId, tag: Name) -> u32 {
        let orphans = self.deliveries_mut().filter(|unacked| {
            unacked.queue == queue && unacked.consumer_tag == Some(tag) && unacked.consumer.is_none()
        });
        orphans.map(|unacked| unacked.consumer = Some(consumer)).count() as u32
    }

    #[inline(always)]
    pub(super) fn next_tag(&mut self) -> DeliveryTag {
        self.last_tag += 1;
        self.last_tag
    }

    /// What this exchange and key led to, if nothing was declared, bound or deleted since.
    #[inline(always)]
    pub(super) fn remembered(&self, exchange: Name, key: Name, topology: u64) -> Option<&Route> {
        let route = if self.route.is_of(exchange, key) {
            &self.route
        } else {
            self.more_routes.get(Self::place(key)).filter(|route| route.is_of(exchange, key))?
        };
        (route.topology == topology).then_some(route)
    }

    pub(super) fn remember(
        &mut self,
        (exchange, key): (Name, Name),
        topology: u64,
        queues: &[QueueId],
        rule: RuleRef,
    ) {
        let queues = match *queues {
            [only] => RoutedTo::One(only),
            ref all => RoutedTo::Several(all.into()),
        };
        let route = Route { exchange, key, topology, queues, rule };
        if self.route.topology == 0 || self.route.is_of(exchange, key) {
            self.route = route;
            return;
        }
        if self.more_routes.is_empty() {
            self.more_routes.resize(ROUTES, Route::nowhere());
        }
        self.more_routes[Self::place(key)] = route;
    }

    #[inline(always)]
    fn place(key: Name) -> usize {
        key.0 as usize % ROUTES
    }
}

/// A consumer as the broker knows it, in one line of the processor's cache. Source: rule QOS-3.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Consumer {
    pub(super) tag: Name,
    pub(super) queue: QueueId,
    /// Place of its channel.
    pub(super) channel: u32,
    pub(super) no_ack: bool,
    pub(super) priority: i64,
    /// Its own bound of unacknowledged deliveries; 0: none.
    pub(super) prefetch: u16,
    /// The same as a number, if a classic queue keeps to it.
    bound: i32,
    /// Deliveries that count against it. Below 0 where it was given more credit than it used.
    pub(super) unacked: i32,
    /// When it stepped out of the rotation, as the queue counts; 0: it is in it.
    pub(super) blocked: u64,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Option<Consumer>>() <= 64, "a line of the processor's cache");

impl Consumer {
    pub(super) fn new(
        tag: Name,
        queue: QueueId,
        channel: u32,
        (no_ack, prefetch): (bool, u16),
        priority: i64,
    ) -> Self {
        let bound = if no_ack || prefetch == 0 { i32::MAX } else { i32::from(prefetch) };
        Consumer { tag, queue, channel, no_ack, priority, prefetch, bound, unacked: 0, blocked: 0 }
    }

    /// Whether its own prefetch count leaves room.
    #[inline(always)]
    pub(super) fn has_credit(&self) -> bool {
        self.unacked < self.bound
    }

    /// The same in a quorum queue, where automatic acknowledgement uses credit for a moment.
    pub(super) fn has_quorum_credit(&self) -> bool {
        self.unacked < i32::from(self.prefetch)
    }
}
