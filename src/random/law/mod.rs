//! Probability laws of lengths and sizes beyond the three simplest, one file a law. A law is a row of the table at the end of
//! this file: what it is called, by which parameters it is given, and how it is made from them. Scenario files, lists and
//! texts for people follow from the row.
//!
//! A sample is a function of one draw, as with every distribution: a message's work needs no memory, and variants stay in
//! step. Laws that need several random numbers make them from the draw.

mod empirical;
mod erlang;
mod gamma;
mod hyperexponential;
mod lognormal;
mod maths;
mod mixture;
mod normal;
mod pareto;
#[cfg(test)]
mod tests;
mod weibull;

use std::fmt;

pub use empirical::Empirical;
pub use mixture::Mixture;

/// The value of a parameter. An amount is a length in nanoseconds or a size in bytes, whatever is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// An amount.
    Amount(u64),
    /// A number without a unit.
    Number(f64),
    /// Amounts, at least one.
    Amounts(Vec<u64>),
    /// Numbers, at least one.
    Numbers(Vec<f64>),
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParameterKind {
    /// An amount above 0.
    Amount,
    /// A number from the first to the second.
    Number(f64, f64),
    /// A whole number from 1 to this.
    Count(u32),
    /// Amounts above 0.
    Amounts,
    /// Numbers above 0, one for each of the amounts.
    Weights,
}

/// A parameter of a law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its key.
    pub name: &'static str,
    /// What its value is.
    pub kind: ParameterKind,
}

/// A law of the table, before it has parameters.
#[derive(Debug)]
pub struct Family {
    /// Its key in scenario files.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
    /// By which parameters it may be given: one of these sets, no more and no fewer.
    pub forms: &'static [&'static [Parameter]],
    /// A value as it is written in a file.
    pub example: &'static str,
    make: fn(&[Argument], form: usize) -> Result<Kind, Impossible>,
}

/// Why there is no law with these parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// What is wrong, behind the law's name: "cannot have a cv of 3".
    pub what: String,
    /// What to write instead.
    pub instead: String,
}

/// The mean of the law, above 0.
const MEAN: Parameter = Parameter { name: "mean", kind: ParameterKind::Amount };
/// The coefficient of variation: the standard deviation divided by the mean.
const CV: Parameter = Parameter { name: "cv", kind: ParameterKind::Number(0.001, 1000.0) };

/// What every law can say.
trait Sampled {
    /// The sample that belongs to `draw`, 64 uniform bits; not negative, not rounded.
    fn sample(&self, draw: u64) -> f64;
    fn mean(&self) -> f64;
    /// Infinite where the law has none.
    fn variance(&self) -> f64;
    /// No sample is less.
    fn least(&self) -> f64 {
        0.0
    }
    /// What every sample is, if they are all the same.
    fn constant(&self) -> Option<u64> {
        None
    }
}

/// A law with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    kind: Kind,
    /// As they were given, for people; empty for laws that are not of the table.
    given: Vec<(&'static str, Argument)>,
}

/// No parameter is "not a number": whoever makes a law refuses it.
impl Eq for Law {}

impl Law {
    /// The law of this family with these arguments, which belong to `family.forms[form]`, each of its parameter's kind.
    ///
    /// # Errors
    ///
    /// No law of the family has these parameters.
    pub fn new(family: &Family, form: usize, arguments: Vec<Argument>) -> Result<Law, Impossible> {
        let kind = (family.make)(&arguments, form)?;
        let names = family.forms[form].iter().map(|parameter| parameter.name);
        Ok(Law { kind, given: names.zip(arguments).collect() })
    }

    /// The name of its family.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The sample that belongs to `draw`, to the nearest unit; amounts beyond the largest are the largest.
    pub fn sample(&self, draw: u64) -> u64 {
        (self.kind.sampled().sample(draw) + 0.5) as u64
    }

    /// The mean of all samples, before they are rounded.
    pub fn mean(&self) -> f64 {
        self.kind.sampled().mean()
    }

    /// The variance of all samples, before they are rounded; infinite where there is none.
    pub fn variance(&self) -> f64 {
        self.kind.sampled().variance()
    }

    /// No sample is less.
    pub fn least(&self) -> u64 {
        self.kind.sampled().least() as u64
    }

    /// What every sample is, if they are all the same.
    pub fn constant(&self) -> Option<u64> {
        self.kind.sampled().constant()
    }

    /// In words, with amounts as `shown` tells them: "lognormal with mean 1ms and cv 0.5".
    pub(super) fn describe(&self, shown: &dyn Fn(u64) -> String) -> String {
        match &self.kind {
            Kind::Empirical(law) => law.describe(shown),
            Kind::Mixture(law) => law.describe(shown),
            _ => {
                let mut text = self.name().to_owned();
                for (at, (name, argument)) in self.given.iter().enumerate() {
                    let link = match at {
                        0 => "with",
                        _ if at + 1 == self.given.len() => "and",
                        _ => ",",
                    };
                    let gap = if link == "," { "" } else { " " };
                    text.extend([gap, link, " ", name, " ", &argument.describe(shown)]);
                }
                text
            }
        }
    }
}

impl Argument {
    fn describe(&self, shown: &dyn Fn(u64) -> String) -> String {
        match self {
            Argument::Amount(amount) => shown(*amount),
            Argument::Number(number) => number.to_string(),
            Argument::Amounts(amounts) => {
                amounts.iter().map(|amount| shown(*amount)).collect::<Vec<_>>().join("/")
            }
            Argument::Numbers(numbers) => {
                numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("/")
            }
        }
    }

    /// As a number; 0 for a list, which no law asks for here.
    fn number(&self) -> f64 {
        match self {
            Argument::Amount(amount) => *amount as f64,
            Argument::Number(number) => *number,
            Argument::Amounts(_) | Argument::Numbers(_) => 0.0,
        }
    }

    fn numbers(&self) -> Vec<f64> {
        match self {
            Argument::Amounts(amounts) => amounts.iter().map(|amount| *amount as f64).collect(),
            Argument::Numbers(numbers) => numbers.clone(),
            single => vec![single.number()],
        }
    }
}

/// "`mean` and `cv`, or `median` and `sigma`".
impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, form) in self.forms.iter().enumerate() {
            if at > 0 {
                f.write_str(", or by ")?;
            }
            for (at, parameter) in form.iter().enumerate() {
                let link = match at {
                    0 => "",
                    _ if at + 1 == form.len() => " and ",
                    _ => ", ",
                };
                write!(f, "{link}`{}`", parameter.name)?;
            }
        }
        Ok(())
    }
}

macro_rules! laws {
    ($($room:ident :: $law:ident,)* ; $($composite:ident,)*) => {
        /// The laws, told apart once a sample.
        #[derive(Clone, Debug, PartialEq)]
        enum Kind {
            $($law($room::$law),)*
            $($composite($composite),)*
        }

        impl Kind {
            fn name(&self) -> &'static str {
                match self {
                    $(Kind::$law(_) => $room::FAMILY.name,)*
                    $(Kind::$composite(_) => $composite::NAME,)*
                }
            }

            #[inline]
            fn sampled(&self) -> &dyn Sampled {
                match self {
                    $(Kind::$law(law) => law,)*
                    $(Kind::$composite(law) => law,)*
                }
            }
        }

        $(impl From<$room::$law> for Kind {
            fn from(law: $room::$law) -> Kind {
                Kind::$law(law)
            }
        })*

        $(impl From<$composite> for Law {
            fn from(law: $composite) -> Law {
                Law { kind: Kind::$composite(law), given: Vec::new() }
            }
        })*

        /// The laws that are given by parameters.
        pub const FAMILIES: &[&Family] = &[$(&$room::FAMILY),*];
    };
}

laws! {
    erlang::Erlang,
    gamma::Gamma,
    hyperexponential::Hyperexponential,
    lognormal::Lognormal,
    normal::Normal,
    pareto::Pareto,
    weibull::Weibull,
    ;
    Empirical,
    Mixture,
}
