//! Mixtures: one of several distributions, chosen for each sample.

use super::Sampled;
use super::maths::Draws;
use crate::random::Distribution;

/// Distributions with their shares.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// Of each part: the share of all parts up to it, and its distribution; at least one.
    parts: Vec<(f64, Distribution)>,
}

impl Mixture {
    /// Its key in scenario files.
    pub const NAME: &'static str = "mixture";

    /// The mixture of these parts with these weights, all above 0; `None` if there is none.
    pub fn new(parts: Vec<(f64, Distribution)>) -> Option<Self> {
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let mut up_to = 0.0;
        let mut parts: Vec<(f64, Distribution)> = parts
            .into_iter()
            .map(|(weight, distribution)| {
                up_to += weight / total;
                (up_to, distribution)
            })
            .collect();
        parts.last_mut()?.0 = 1.0;
        Some(Mixture { parts })
    }

    fn shares(&self) -> impl Iterator<Item = (f64, &Distribution)> {
        let before = std::iter::once(0.0).chain(self.parts.iter().map(|(up_to, _)| *up_to));
        self.parts.iter().zip(before).map(|((up_to, distribution), before)| (up_to - before, distribution))
    }

    pub(super) fn describe(&self, shown: &dyn Fn(u64) -> String) -> String {
        let parts: Vec<String> = self
            .shares()
            .map(|(share, part)| format!("{:.1} % {}", share * 100.0, part.describe(shown)))
            .collect();
        format!("mixture of {}", parts.join(", "))
    }
}

impl Sampled for Mixture {
    fn sample(&self, draw: u64) -> f64 {
        let mut draws = Draws::of(draw);
        let which = draws.unit();
        let part = self.parts.iter().find(|(up_to, _)| which < *up_to).or(self.parts.last());
        part.map_or(0.0, |(_, distribution)| distribution.sample(draws.next()).as_nanos() as f64)
    }

    fn mean(&self) -> f64 {
        self.shares().map(|(share, part)| share * part.mean_exact()).sum()
    }

    fn variance(&self) -> f64 {
        let square = |part: &Distribution| part.variance() + part.mean_exact() * part.mean_exact();
        let squares: f64 = self.shares().map(|(share, part)| share * square(part)).sum();
        squares - self.mean() * self.mean()
    }

    fn least(&self) -> f64 {
        let least = |(_, part): (f64, &Distribution)| part.least().as_nanos();
        self.shares().map(least).min().unwrap_or_default() as f64
    }

    fn constant(&self) -> Option<u64> {
        let first = self.parts.first()?.1.constant()?;
        self.parts.iter().all(|(_, part)| part.constant() == Some(first)).then_some(first.as_nanos())
    }
}
