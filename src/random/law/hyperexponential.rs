//! Hyperexponential: one of several exponentials, chosen for each sample. Mostly short, at times very long.

use super::maths::Draws;
use super::{Argument, CV, Family, Impossible, Kind, MEAN, Parameter, ParameterKind, Sampled};
use crate::random::logarithm::minus_ln;

pub(super) const FAMILY: Family = Family {
    name: "hyperexponential",
    about: "One of several exponentials, chosen anew each time; by mean and cv, two with balanced means.",
    forms: &[&[MEAN, CV], &[MEANS, WEIGHTS]],
    example: "{ hyperexponential = { mean = \"20ms\", cv = 3 } }",
    make,
};
const MEANS: Parameter = Parameter { name: "means", kind: ParameterKind::Amounts };
const WEIGHTS: Parameter = Parameter { name: "weights", kind: ParameterKind::Weights };

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hyperexponential {
    /// Of each branch: the share of all branches up to it, and its mean.
    branches: Vec<(f64, f64)>,
}

fn make(arguments: &[Argument], form: usize) -> Result<Kind, Impossible> {
    let (means, weights) = if form == 0 {
        balanced(arguments[0].number(), arguments[1].number())?
    } else {
        (arguments[0].numbers(), arguments[1].numbers())
    };
    if means.len() != weights.len() {
        return Err(Impossible {
            what: format!("has a weight for each mean, got {} for {}", weights.len(), means.len()),
            instead: "for example `means = [\"1ms\", \"9ms\"], weights = [9, 1]`".to_owned(),
        });
    }
    let total: f64 = weights.iter().sum();
    let mut up_to = 0.0;
    let shares = weights.iter().map(|weight| {
        up_to += weight / total;
        up_to
    });
    let mut branches: Vec<(f64, f64)> = shares.zip(means).collect();
    if let Some((share, _)) = branches.last_mut() {
        *share = 1.0;
    }
    Ok(Kind::from(Hyperexponential { branches }))
}

/// Two branches that bring half of the mean each. Source: Whitt, "Approximating a point process by a renewal process", 1982.
fn balanced(mean: f64, cv: f64) -> Result<(Vec<f64>, Vec<f64>), Impossible> {
    if cv < 1.0 {
        return Err(Impossible {
            what: format!("has a cv of 1 or more, got {cv}"),
            instead: "take `gamma`, `lognormal` or `erlang` for a cv below 1".to_owned(),
        });
    }
    let squared = cv * cv;
    // The rarer branch's share; the sum of both would lose its digits at a large cv.
    let root = ((squared - 1.0) / (squared + 1.0)).sqrt();
    let rare = 1.0 / ((squared + 1.0) * (1.0 + root));
    let often = 1.0 - rare;
    Ok((vec![mean / (2.0 * often), mean / (2.0 * rare)], vec![often, rare]))
}

impl Hyperexponential {
    /// Each branch's share and mean.
    fn parts(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let before = std::iter::once(0.0).chain(self.branches.iter().map(|(up_to, _)| *up_to));
        self.branches.iter().zip(before).map(|((up_to, mean), before)| (up_to - before, *mean))
    }
}

impl Sampled for Hyperexponential {
    fn sample(&self, draw: u64) -> f64 {
        let mut draws = Draws::of(draw);
        let which = draws.unit();
        let branch = self.branches.iter().find(|(up_to, _)| which < *up_to).or(self.branches.last());
        branch.map_or(0.0, |(_, mean)| mean * minus_ln(draws.next()))
    }

    fn mean(&self) -> f64 {
        self.parts().map(|(share, mean)| share * mean).sum()
    }

    fn variance(&self) -> f64 {
        let square: f64 = self.parts().map(|(share, mean)| 2.0 * share * mean * mean).sum();
        square - self.mean() * self.mean()
    }
}
