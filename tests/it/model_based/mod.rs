//! The broker against a reference: a second, simple implementation of the rules, made of plain vectors. After each step
//! every client must have heard the same methods on each channel, and every queue must hold as many messages.
//!
//! RabbitMQ 3.10, classic queues. A longer search:
//! `PROPTEST_CASES=20000 PROPTEST_RNG_SEED=7 cargo test --test it model_based`.

mod deeds;
mod dispatch;
mod facts;
mod reference;

mod settle;
mod time;
mod topology;
mod traffic;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use amqpsim::amqp::{ChannelRef, ConnectionId, QueueId, ReplyCode, ServerMethod};
use amqpsim::broker::{Broker, Command, Out, Timer};
use amqpsim::observe::Fact;
use amqpsim::rules::RuleRef;
use amqpsim::units::SimTime;
use proptest::prop_assert;
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner};
use proptest_state_machine::ReferenceStateMachine;

use deeds::{Deed, crowds, designs, new_broker};
use facts::Recount;
use reference::Reference;

/// What the broker said to its clients, and when it wants to be woken.
#[derive(Default)]
struct Heard {
    methods: Vec<(ChannelRef, ServerMethod)>,
    /// By slot.
    timers: BTreeMap<u32, SimTime>,
    recount: Recount,
}

impl Out for Heard {
    fn send(&mut self, to: ChannelRef, method: ServerMethod) {
        self.methods.push((to, method));
    }
    fn hang_up(&mut self, _: ConnectionId) {}
    fn timer(&mut self, timer: Timer, at: SimTime) {
        self.timers.insert(timer.slot, at);
    }
    fn level(&mut self, _: QueueId, _: u32) {}
    fn fact(&mut self, fact: Fact, _: RuleRef) {
        self.recount.learn(fact);
    }
}

thread_local! {
    /// How often each thing was met in all cases, so that a test that meets nothing fails.
    static MET: RefCell<BTreeMap<String, u64>> = const { RefCell::new(BTreeMap::new()) };
}

impl ReferenceStateMachine for Reference {
    type State = Reference;
    type Transition = Deed;

    fn init_state() -> BoxedStrategy<Reference> {
        let crowd = proptest::option::weighted(0.4, crowds());
        (designs(), crowd, 0usize..80)
            .prop_map(|(designs, crowd, n_done)| Reference::new(designs, crowd.as_ref(), n_done))
            .boxed()
    }

    fn transitions(state: &Reference) -> BoxedStrategy<Deed> {
        deeds::next(state)
    }

    fn apply(mut state: Reference, deed: &Deed) -> Reference {
        state.carry_out(deed);
        state
    }

    fn preconditions(state: &Reference, deed: &Deed) -> bool {
        state.is_possible(deed)
    }
}

/// Plays the case on both; what differs is the failure.
fn play(mut reference: Reference, deeds: &[Deed], seen: Option<&AtomicUsize>) -> Result<(), TestCaseError> {
    let mut broker = new_broker().0;
    let (mut heard, mut now) = (Heard::default(), SimTime::ZERO);
    for deed in &reference.setup {
        broker = deed.play(broker, &reference.words, now, &mut heard);
    }
    for (step, deed) in deeds.iter().enumerate() {
        if let Some(seen) = seen {
            seen.fetch_add(1, Ordering::SeqCst);
        }
        reference.carry_out(deed);
        heard.methods.clear();
        broker = deed.play(broker, &reference.words, now, &mut heard);
        now = reference.now;
        wake(&mut broker, now, &mut heard);
        note(&heard.methods);
        let mut levels: Vec<(String, u32, u32)> = broker
            .queue_levels()
            .map(|((_, name), ready, unacked)| (name.to_owned(), ready, unacked))
            .collect();
        levels.sort();
        let (is, should) =
            ((by_channel(&heard.methods), levels), (by_channel(&reference.heard), reference.levels()));
        if is != should {
            let text = format!(
                "the broker and the reference differ\nset up: {:#?}\ndeeds: {:#?}\nbroker: {is:?}\nreference: {should:?}",
                reference.setup,
                &deeds[..=step]
            );
            return Err(TestCaseError::fail(reference.readable(&text)));
        }
        prop_assert!(heard.recount.wrong.is_empty(), "{:?} after {deed:?}", heard.recount.wrong);
        prop_assert!(heard.recount.balances(broker.counts()), "the books do not balance after {deed:?}");
    }
    Ok(())
}

/// Timers that are due by `now` fire, each at its instant.
fn wake(broker: &mut Broker, now: SimTime, heard: &mut Heard) {
    let next = |heard: &Heard| heard.timers.iter().map(|(slot, at)| (*at, *slot)).min();
    while let Some((at, slot)) = next(heard).filter(|(at, _)| *at <= now) {
        heard.timers.remove(&slot);
        broker.apply(at, Command::Timer(Timer { slot }), heard);
    }
}

/// What each channel hears, in order. Which channel hears first is nobody's business.
fn by_channel(heard: &[(ChannelRef, ServerMethod)]) -> BTreeMap<ChannelRef, Vec<&ServerMethod>> {
    let mut channels: BTreeMap<ChannelRef, Vec<&ServerMethod>> = BTreeMap::new();
    for (at, method) in heard {
        channels.entry(*at).or_default().push(method);
    }
    channels
}

fn note(heard: &[(ChannelRef, ServerMethod)]) {
    MET.with_borrow_mut(|met| {
        for (_, method) in heard {
            *met.entry(word_for(method)).or_default() += 1;
        }
    });
}

/// The method's name, and what it tells that not every such method does.
fn word_for(method: &ServerMethod) -> String {
    let more = match method {
        ServerMethod::ChannelClose { code, .. } | ServerMethod::ConnectionClose { code, .. } => code.name(),
        ServerMethod::BasicDeliver(delivery) if delivery.message.content.is_some() => "DeadLetter",
        ServerMethod::BasicDeliver(delivery) if delivery.redelivered => "Redelivered",
        _ => "",
    };
    let debug = format!("{method:?}");
    let name: String = debug.chars().take_while(char::is_ascii_alphanumeric).collect();
    format!("{name}{more}")
}

/// Source: most rules of sections CON, EX, BND, RT, AE, MND, Q, DSP, QOS, SAC, ACK, RDL, CF, TX, LEN, PRI and DLX.
#[test]
fn clients_hear_what_the_rules_say() {
    let defaults = Config::default();
    let rng_seed = if defaults.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { defaults.rng_seed };
    let cases = if defaults.cases == 256 { 2000 } else { defaults.cases };
    let persistence = FileFailurePersistence::WithSource("regressions");
    let config = Config {
        cases,
        rng_seed,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(persistence)),
        ..defaults
    };
    let strategy = Reference::sequential_strategy(30..60);
    let result = TestRunner::new(config)
        .run(&strategy, |(reference, deeds, seen)| play(reference, &deeds, seen.as_deref()));
    match result {
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(other) => panic!("{other}"),
        Ok(()) => {}
    }
    let codes = [
        ReplyCode::AccessRefused,
        ReplyCode::NotFound,
        ReplyCode::ResourceLocked,
        ReplyCode::PreconditionFailed,
    ];
    let closes = codes.map(|code| format!("ChannelClose{}", code.name()));
    let words = deeds::EXERCISED.map(str::to_owned);
    MET.with_borrow(|met| {
        for word in words.iter().chain(&closes) {
            assert!(met.contains_key(word), "no client heard `{word}`, only {met:?}");
        }
    });
}
