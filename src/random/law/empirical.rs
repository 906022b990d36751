//! Empirical: what was measured, each value as likely as any other.

use std::sync::Arc;

use super::Sampled;

/// Measured amounts, one of which is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Empirical {
    /// Sorted, at least one; shared, because there may be many.
    values: Arc<[u64]>,
}

impl Empirical {
    /// Its key in scenario files.
    pub const NAME: &'static str = "empirical";

    /// The law of these amounts; `None` if there is none.
    pub fn new(mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        (!values.is_empty()).then(|| Empirical { values: values.into() })
    }

    pub(super) fn describe(&self, shown: &dyn Fn(u64) -> String) -> String {
        let ends = [self.values.first(), self.values.last()].map(|end| end.copied().unwrap_or_default());
        format!("empirical, {} values from {} to {}", self.values.len(), shown(ends[0]), shown(ends[1]))
    }
}

impl Sampled for Empirical {
    fn sample(&self, draw: u64) -> f64 {
        let at = (u128::from(draw) * self.values.len() as u128) >> 64;
        self.values[at as usize] as f64
    }

    fn mean(&self) -> f64 {
        self.values.iter().map(|&value| value as f64).sum::<f64>() / self.values.len() as f64
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        let square = |&value: &u64| (value as f64 - mean) * (value as f64 - mean);
        self.values.iter().map(square).sum::<f64>() / self.values.len() as f64
    }

    fn least(&self) -> f64 {
        self.values.first().map_or(0.0, |&first| first as f64)
    }

    fn constant(&self) -> Option<u64> {
        self.values.first().copied().filter(|first| self.values.last() == Some(first))
    }
}
