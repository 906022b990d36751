//! Random times: of the usual laws, and of arrivals that are not all alike.

use ::proptest::prelude::any;
use ::proptest::strategy::Strategy;

use crate::scenario::{ScenarioBuilder, SettingValue};

/// A time with this mean, in microseconds; law 0 is the constant one.
pub(super) fn law(law: u8, micros: u32) -> SettingValue {
    let mean = format!("{micros}us");
    let with_mean = |name: &str, parameter: &str, value: f64| {
        let parameters = [("mean", SettingValue::from(mean.clone())), (parameter, SettingValue::from(value))];
        SettingValue::from([(name, parameters)])
    };
    match law {
        0 => mean.into(),
        1 => SettingValue::from([("exponential", mean)]),
        2 => with_mean("lognormal", "cv", 1.5),
        3 => with_mean("gamma", "cv", 0.5),
        _ => with_mean("pareto", "shape", 2.5),
    }
}

/// When a producer publishes, and how large its messages are.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    law: u8,
    /// Microseconds.
    interarrival: u32,
    /// By a rate that changes.
    rate: bool,
    bursts: bool,
    sized: bool,
    by_class: bool,
}

pub(super) fn arrivals() -> impl Strategy<Value = Arrivals> {
    (0u8..5, 100u32..4_000, any::<[bool; 4]>()).prop_map(
        |(law, interarrival, [rate, bursts, sized, by_class])| Arrivals {
            law,
            interarrival,
            rate,
            bursts,
            sized,
            by_class,
        },
    )
}

impl Arrivals {
    /// Adds them to a producer. `class`: a class of messages that there is.
    pub(super) fn add(&self, builder: ScenarioBuilder, class: Option<&str>) -> ScenarioBuilder {
        let mut builder = if self.rate {
            let point = |at, rate| SettingValue::from([("at", at), ("rate", rate)]);
            builder.with("rate", vec![point("0s", "900/s"), point("5ms", "0/s"), point("8ms", "2/ms")])
        } else {
            builder.with("interarrival", law(self.law, self.interarrival))
        };
        if self.bursts && !self.rate {
            builder = builder.with("bursts", [("on", "3ms"), ("off", "2ms")]);
        }
        if self.sized {
            builder = builder.with("message-size", [("exponential", "2kB")]);
            if let Some(class) = class.filter(|_| self.by_class) {
                builder = builder.with("message-size-by-class", [(class, "50kB")]);
            }
        }
        builder
    }
}
