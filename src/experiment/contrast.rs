//! Which points of a sweep differ: paired tests under common random numbers, with Holm's correction for their number.

use super::{SweepResult, SweptMeasure};
use crate::stats::{Estimate, LEVEL, holm};

/// A point against the one that it is compared with, in one measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// Index of the point.
    pub point: usize,
    /// Which number.
    pub measure: SweptMeasure,
    /// The point minus the other one, in pairs of equal seeds.
    pub difference: Estimate,
    /// Two-sided p-value of the paired t-test that there is no difference, adjusted after Holm; `None` where nothing is
    /// random, or there is one replication only.
    pub p: Option<f64>,
}

impl Contrast {
    /// Whether it differs at a family-wise level of 5 %. Without randomness, any difference is one.
    pub fn differs(&self) -> bool {
        match self.difference {
            Estimate::Exact(difference) => difference.abs() > 0.0,
            _ => self.p.is_some_and(|p| p <= 1.0 - LEVEL),
        }
    }
}

/// Every other point against `base`, in each of these measures that both have; all tests together are the family.
pub fn contrasts(result: &SweepResult, base: usize, measures: &[SweptMeasure]) -> Vec<Contrast> {
    let others = (0..result.points.len()).filter(|&point| point != base);
    let mut all: Vec<Contrast> = others
        .flat_map(|point| measures.iter().map(move |measure| (point, measure)))
        .filter_map(|(point, measure)| {
            let difference = result.difference(base, point, measure)?;
            Some(Contrast { point, measure: measure.clone(), p: difference.p_value(), difference })
        })
        .collect();
    let adjusted = holm(&all.iter().filter_map(|contrast| contrast.p).collect::<Vec<_>>());
    for (contrast, p) in all.iter_mut().filter(|contrast| contrast.p.is_some()).zip(adjusted) {
        contrast.p = Some(p);
    }
    all
}
