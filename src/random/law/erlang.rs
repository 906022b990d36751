//! Erlang: a number of exponential stages one after another.

use super::gamma::Gamma;
use super::{Argument, CV, Family, Impossible, Kind, MEAN, Parameter, ParameterKind, Sampled};

pub(super) const FAMILY: Family = Family {
    name: "erlang",
    about: "Exponential stages one after another: a cv of 1 divided by the root of their number.",
    forms: &[&[MEAN, STAGES], &[MEAN, CV]],
    example: "{ erlang = { mean = \"20ms\", stages = 4 } }",
    make,
};
const STAGES_MAX: u32 = 10_000;
const STAGES: Parameter = Parameter { name: "stages", kind: ParameterKind::Count(STAGES_MAX) };

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Erlang(Gamma);

fn make(arguments: &[Argument], form: usize) -> Result<Kind, Impossible> {
    let (mean, second) = (arguments[0].number(), arguments[1].number());
    let stages = if form == 0 { second } else { stages_of(second)? };
    Ok(Kind::from(Erlang(Gamma::with_mean(mean, stages))))
}

/// The number of stages with this cv; a cv with three right digits is exact enough.
fn stages_of(cv: f64) -> Result<f64, Impossible> {
    let exact = 1.0 / (cv * cv);
    let stages = (exact + 0.5).floor().clamp(1.0, f64::from(STAGES_MAX));
    let nearest = 1.0 / stages.sqrt();
    if (nearest - cv).abs() <= 0.002 * cv {
        return Ok(stages);
    }
    Err(Impossible {
        what: format!("has a cv of 1, 0.707, 0.577, 0.5, …, got {cv}"),
        instead: format!("write `stages = {stages}`, whose cv is {nearest:.3}, or take `gamma`"),
    })
}

impl Sampled for Erlang {
    fn sample(&self, draw: u64) -> f64 {
        self.0.sample(draw)
    }

    fn mean(&self) -> f64 {
        self.0.mean()
    }

    fn variance(&self) -> f64 {
        self.0.variance()
    }
}
