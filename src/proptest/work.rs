//! How random consumers work: on how much at once, when they are there, how they acknowledge, what fails of it.

use ::proptest::option;
use ::proptest::prelude::any;
use ::proptest::sample::select;
use ::proptest::strategy::Strategy;

use super::laws::law;
use crate::scenario::{ScenarioBuilder, SettingValue};

/// What all consumers of a scenario may call.
pub(super) const DOWNSTREAM: &str = "any-downstream";

/// The work of a consumer.
#[derive(Clone, Debug)]
pub(super) struct Work {
    law: u8,
    /// Microseconds.
    service: u32,
    by_class: bool,
    concurrency: i64,
    batch: Option<i64>,
    fails: bool,
    failure: &'static str,
    calls: bool,
    retries: Option<i64>,
    warms_up: bool,
    leaves: bool,
}

pub(super) fn work() -> impl Strategy<Value = Work> {
    let failure = select(vec!["requeue", "reject", "crash"]);
    let service = (0u8..5, 100u32..8_000, any::<bool>());
    let failing = (any::<bool>(), failure, any::<bool>(), option::of(0i64..3));
    (service, 1i64..4, option::of(2i64..5), failing, any::<bool>(), any::<bool>()).prop_map(
        |(service, concurrency, batch, failing, warms_up, leaves)| {
            let (law, service, by_class) = service;
            let (fails, failure, calls, retries) = failing;
            Work {
                law,
                service,
                by_class,
                concurrency,
                batch,
                fails,
                failure,
                calls,
                retries,
                warms_up,
                leaves,
            }
        },
    )
}

/// Something to call, with room for so many at once; 0: for any number.
pub(super) fn add_downstream(builder: ScenarioBuilder, room: i64) -> ScenarioBuilder {
    let builder = builder
        .downstream(DOWNSTREAM)
        .with("latency", [("exponential", "1ms")])
        .with("failure-probability", 0.1)
        .with("outages", vec![[("from", "5ms"), ("until", "9ms")]]);
    if room > 0 { builder.with("concurrency", room).with("rate", "2/ms") } else { builder }
}

impl Work {
    /// Adds it to a consumer. `acknowledge`: when that acknowledges; `dies`: what comes back after it died is said already;
    /// `class`: a class of messages that there is.
    pub(super) fn add(
        &self,
        builder: ScenarioBuilder,
        acknowledge: &str,
        dies: bool,
        class: Option<&str>,
    ) -> ScenarioBuilder {
        let mut builder = builder.with("service-time", law(self.law, self.service));
        if let Some(class) = class.filter(|_| self.by_class) {
            builder = builder.with("service-time-by-class", [(class, "9ms")]);
        }
        let after = acknowledge == "after-processing";
        if self.concurrency > 1 {
            builder = builder.with("concurrency", self.concurrency);
        } else if let Some(size) = self.batch.filter(|_| after) {
            builder = builder.with("ack-batch", size).with("ack-batch-delay", "2ms");
        }
        if self.warms_up {
            builder = builder.with("warm-up", "4ms").with("warm-up-speed", 0.5);
        }
        if self.leaves {
            let shift = |from, until| SettingValue::from([("from", from), ("until", until)]);
            builder = builder.with("schedule", vec![shift("0s", "6ms"), shift("8ms", "1h")]);
        }
        if self.fails {
            builder = builder.with("failure-probability", 0.1);
        }
        if self.calls {
            builder = builder.with("downstream", DOWNSTREAM);
            if let Some(attempts) = self.retries {
                builder = builder.with("retry-delay", "1ms").with("retry-attempts-max", attempts);
            }
        }
        if self.fails || self.calls {
            // Whoever has acknowledged already has nothing more to say.
            let failure = if after { self.failure } else { "crash" };
            builder = builder.with("failure", failure);
            if failure == "crash" && !dies {
                builder = builder.with("restart-after", "5ms");
            }
        }
        builder
    }
}
