//! The grid of a sweep: a scenario at every combination of some values. Knows no key, and runs nothing.

use std::ops::Range;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Diagnostics, Problems};
use super::files::{Data, Files};
use super::ids;
use super::load::{Found, Head, file_stem, gather, resolved};
use super::node::{Node, shortened};
use super::overlay::{Setting, value_of_argument};
use super::source::{Place, Source};
use super::variants::{Plan, plans};
use super::{Scenario, Variant, parse, resolve};
use crate::model::SystemSpec;

/// More points than these are no help to anybody.
pub const POINTS_MAX: usize = 10_000;

/// What a sweep varies: an address with the values that it gets, or the file's variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// As it is written; `variant` for the file's variants.
    pub address: String,
    /// The values as they are written, or the names of the variants; at least one, each once.
    pub levels: Vec<String>,
    /// It is the file's variants.
    pub is_variants: bool,
}

/// A combination of levels.
#[derive(Clone, Debug, PartialEq)]
pub struct GridPoint {
    /// For each factor, the index of its level.
    pub levels: Vec<usize>,
    /// The name of the file's variant, if the file has variants.
    pub variant: Option<String>,
    /// The scenario with these levels.
    pub scenario: Scenario,
}

/// All combinations of the levels of some factors.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The file's variants first, where it has several; then in the order of the command line.
    pub factors: Vec<Factor>,
    /// In the order of the factors, the levels of the last one change first.
    pub points: Vec<GridPoint>,
    /// Variants that are left out, because an earlier one is the same at every combination: its name, and the earlier one's.
    pub same: Vec<(String, String)>,
    /// Doubts, sorted by place.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a scenario file at every combination of `varied`, each `ADDRESS=VALUE,VALUE,…`. Variants of the file are a factor
/// like any other, unless `variant` names one; `overrides` hold at every point. `files` opens data files.
///
/// # Errors
///
/// All mistakes of the file, the settings and what is varied, sorted by place.
pub fn grid(
    source_name: &str,
    text: &str,
    overrides: &[String],
    varied: &[String],
    variant: Option<&str>,
    files: Files<'_>,
) -> Result<Grid, Diagnostics> {
    let source = Source::new(source_name, text, 0);
    let mut problems = Problems::default();
    let Some(mut tree) = parse::document(&source, &mut problems) else {
        return Err(Diagnostics::new(source_name, problems.into_sorted()));
    };
    let settings: Vec<Setting> = overrides
        .iter()
        .enumerate()
        .filter_map(|(at, argument)| Setting::from_argument(argument, at + 1, &mut problems))
        .collect();
    let varied: Vec<Varied> = varied
        .iter()
        .enumerate()
        .filter_map(|(at, argument)| Varied::read(argument, at + 1 + overrides.len(), &mut problems))
        .collect();
    refuse_twice(&settings, &varied, &mut problems);
    let mut data = Data::of(files);
    data.attach(&mut tree, &mut problems);
    let mut plans = plans(&tree, &mut problems);
    let names: Vec<String> = plans.iter().map(|plan| plan.name.clone()).collect();
    choose(&mut plans, variant, &mut problems);
    let lengths: Vec<usize> =
        std::iter::once(plans.len()).chain(varied.iter().map(|varied| varied.levels.len())).collect();
    let total = lengths.iter().try_fold(1usize, |total, n| total.checked_mul(*n)).unwrap_or(usize::MAX);
    if total > POINTS_MAX {
        let message = format!("{total} points are more than {POINTS_MAX}");
        let place = varied.last().map(|varied| &varied.address_place);
        let help = "vary fewer values at once";
        problems.push(Diagnostic::error(ids::TOO_MANY_POINTS, message).at(place).help(help));
        return Err(Diagnostics::new(source_name, problems.into_sorted()));
    }

    let head = Head { name: file_stem(source_name), about: &parse::head_comment(text) };
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found = Vec::with_capacity(total);
    let mut points = Vec::with_capacity(total);
    for place in 0..total {
        let levels = levels(place, &lengths);
        let (plan, levels) = (&plans[levels[0]], &levels[1..]);
        let chosen = || varied.iter().zip(levels).map(|(varied, &level)| &varied.levels[level]);
        let among = resolve::Variants { this: &plan.name, all: &all };
        let settings = plan.settings.iter().chain(&settings).chain(chosen());
        let (scenario, diagnostics) = resolved(&tree, settings, &head, among, &mut data);
        let own = plan.place.iter().chain(varied.iter().map(|varied| &varied.place));
        found.push(Found {
            name: described(plan, names.len() > 1, chosen()),
            places: own.collect(),
            diagnostics,
        });
        points.push(scenario);
    }
    gather("point", &found, &mut problems);
    let systems: Vec<&SystemSpec> = points.iter().map(|scenario| &scenario.system).collect();
    if !problems.has_errors() {
        refuse_vain(&varied, &lengths, &systems, &mut problems);
    }
    if problems.has_errors() {
        return Err(Diagnostics::new(source_name, problems.into_sorted()));
    }
    let kept = distinct(&plans, &systems);
    Ok(assembled(&plans, names.len() > 1, &varied, (&lengths, &kept), points, problems))
}

/// Something that a sweep varies, as it is read.
struct Varied {
    address_place: Place,
    /// The whole argument.
    place: Place,
    levels: Vec<Setting>,
}

impl Varied {
    /// Reads an argument of `--vary`. A value that is no TOML is a string.
    fn read(argument: &str, rank: usize, problems: &mut Problems) -> Option<Varied> {
        let argument = argument.trim_end();
        let source = Source::new("--vary", argument, rank);
        let whole = Place::new(&source, 0..argument.len());
        let Some(equals) = super::address::unquoted(argument, '=') else {
            let message = format!("`--vary` needs ADDRESS=VALUE,VALUE,…, got `{}`", shortened(argument));
            let help = "for example `--vary consumer.*.prefetch-count=1,10,100`";
            problems.push(Diagnostic::error(ids::MALFORMED_ADDRESS, message).at(Some(&whole)).help(help));
            return None;
        };
        let address = argument[..equals].trim();
        let address_place = Place::new(&source, 0..argument[..equals].trim_end().len());
        let levels = values(&source, equals + 1, problems);
        // Whatever is wrong with the address is said once, and values that can be read are looked at in any case.
        let (first, others) = levels.split_first()?;
        let first = Setting::new(address, Some(&address_place), first.clone(), problems)?;
        let mut silent = Problems::default();
        let others = others
            .iter()
            .filter_map(|node| Setting::new(address, Some(&address_place), node.clone(), &mut silent));
        let levels = std::iter::once(first).chain(others).collect();
        Some(Varied { address_place, place: whole, levels })
    }

    fn address(&self) -> &str {
        &self.levels[0].address
    }
}

/// The text of a level as it is written.
fn written(level: &Setting) -> String {
    level.value.place.as_ref().map_or_else(|| level.value.shown(), |place| place.text().to_owned())
}

/// The values between commas from byte `start` on, each once; reports what is wrong with them.
fn values(source: &Arc<Source>, start: usize, problems: &mut Problems) -> Vec<Node> {
    let text = source.text();
    let mut nodes: Vec<Node> = Vec::new();
    for stretch in stretches(text, start) {
        let word = text[stretch.clone()].trim();
        let message = if word.is_empty() {
            "a value is missing".to_owned()
        } else if nodes.iter().any(|node| node.place.as_ref().is_some_and(|place| place.text() == word)) {
            format!("the value `{}` stands twice", shortened(word))
        } else {
            nodes.push(value_of_argument(source, stretch, problems));
            continue;
        };
        let place = Place::new(source, if word.is_empty() { stretch.start..stretch.start } else { stretch });
        let help = "write the values with commas between them, as in `1,10,100`";
        problems.push(Diagnostic::error(ids::MALFORMED_LEVELS, message).at(Some(&place)).help(help));
    }
    nodes
}

/// Stretches between commas that are outside of quotes and brackets.
fn stretches(text: &str, start: usize) -> Vec<Range<usize>> {
    let (mut quote, mut depth, mut from) = (None, 0i32, start);
    let mut stretches = Vec::new();
    for (at, c) in text[start..].char_indices().map(|(at, c)| (at + start, c)) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ',') if depth <= 0 => {
                stretches.push(from..at);
                from = at + 1;
            }
            (None, _) => {}
        }
    }
    stretches.push(from..text.len());
    stretches
}

/// One address has its values from one place only.
fn refuse_twice(settings: &[Setting], varied: &[Varied], problems: &mut Problems) {
    for (at, one) in varied.iter().enumerate() {
        let message = if let Some(other) = varied[..at].iter().find(|other| other.address() == one.address())
        {
            let message = format!("`{}` is varied twice", one.address());
            Some((message, Some(&other.address_place), "write all of its values in one `--vary`"))
        } else {
            let set = settings.iter().find(|setting| setting.address == one.address());
            set.map(|setting| {
                let message = format!("`{}` is set and varied", one.address());
                (message, setting.address_place.as_ref(), "leave out one of the two")
            })
        };
        if let Some((message, first, help)) = message {
            let diagnostic = Diagnostic::error(ids::VARIED_TWICE, message).at(Some(&one.address_place));
            problems.push(diagnostic.also(first, "here first").help(help));
        }
    }
}

/// Keeps the variant with this name only.
fn choose(plans: &mut Vec<Plan>, variant: Option<&str>, problems: &mut Problems) {
    let Some(name) = variant else { return };
    let names: Vec<String> = plans.iter().map(|plan| format!("`{}`", shortened(&plan.name))).collect();
    if plans.iter().any(|plan| plan.name == name) {
        plans.retain(|plan| plan.name == name);
    } else {
        let message = format!("there is no variant `{}`", shortened(name));
        let none = matches!(plans.as_slice(), [only] if only.place.is_none() && only.name == "base");
        let help = if none {
            "there are none; leave out `--variant`".to_owned()
        } else {
            format!("the variants are {}", names.join(", "))
        };
        problems.push(Diagnostic::error(ids::UNKNOWN_VARIANT, message).help(help));
    }
}

/// A factor without an effect has been mistaken for another; it would make the sweep longer and teach nothing.
fn refuse_vain(varied: &[Varied], lengths: &[usize], systems: &[&SystemSpec], problems: &mut Problems) {
    for (at, one) in varied.iter().enumerate().filter(|(_, one)| one.levels.len() > 1) {
        // Neighbouring levels of a factor are so far apart in the list of points.
        let step: usize = lengths[at + 2..].iter().product();
        let is_last = |place: usize| place / step % lengths[at + 1] + 1 == lengths[at + 1];
        if (0..systems.len()).any(|place| !is_last(place) && systems[place] != systems[place + step]) {
            continue;
        }
        let message = format!("varying `{}` changes nothing that is simulated", one.address());
        let seeds = one.address().starts_with("replication.");
        let help = if seeds {
            "every point has the same seeds; `--seed` and `--replications` choose them"
        } else {
            "leave it out"
        };
        let diagnostic = Diagnostic::error(ids::VARIED_IN_VAIN, message);
        problems.push(diagnostic.at(Some(&one.address_place)).help(help));
    }
}

/// The index of each factor's level at a place in the list of points.
fn levels(mut place: usize, lengths: &[usize]) -> Vec<usize> {
    let mut levels = vec![0; lengths.len()];
    for (level, length) in levels.iter_mut().zip(lengths).rev() {
        (*level, place) = (place % length, place / length);
    }
    levels
}

fn described<'a>(plan: &Plan, named: bool, levels: impl Iterator<Item = &'a Setting>) -> String {
    let variant = named.then(|| format!("variant={}", plan.name));
    let levels = levels.map(|level| format!("{}={}", level.address, written(level)));
    variant.into_iter().chain(levels).collect::<Vec<_>>().join(", ")
}

/// For each variant, the first one that is the same at every combination: itself, if there is no other.
fn distinct(plans: &[Plan], systems: &[&SystemSpec]) -> Vec<usize> {
    let each = systems.len() / plans.len().max(1);
    let of = |plan: usize| &systems[plan * each..(plan + 1) * each];
    (0..plans.len()).map(|plan| (0..plan).find(|&other| of(other) == of(plan)).unwrap_or(plan)).collect()
}

/// The grid without the variants that are the same as others; `kept` has what [`distinct`] gives.
fn assembled(
    plans: &[Plan],
    named: bool,
    varied: &[Varied],
    (lengths, kept): (&[usize], &[usize]),
    scenarios: Vec<Scenario>,
    problems: Problems,
) -> Grid {
    let name = |plan: usize| plans[plan].name.clone();
    let remaining: Vec<usize> = (0..plans.len()).filter(|&plan| kept[plan] == plan).collect();
    let same = (0..plans.len()).filter(|&plan| kept[plan] != plan).map(|plan| (name(plan), name(kept[plan])));
    let variants = (remaining.len() > 1).then(|| Factor {
        address: "variant".to_owned(),
        levels: remaining.iter().map(|&plan| name(plan)).collect(),
        is_variants: true,
    });
    let factor = |varied: &Varied| Factor {
        address: varied.address().to_owned(),
        levels: varied.levels.iter().map(written).collect(),
        is_variants: false,
    };
    let points = scenarios.into_iter().enumerate().filter_map(|(place, scenario)| {
        let mut levels = levels(place, lengths);
        let plan = levels.remove(0);
        let at = remaining.iter().position(|&one| one == plan)?;
        if remaining.len() > 1 {
            levels.insert(0, at);
        }
        Some(GridPoint { levels, variant: named.then(|| name(plan)), scenario })
    });
    Grid {
        points: points.collect(),
        same: same.collect(),
        factors: variants.into_iter().chain(varied.iter().map(factor)).collect(),
        warnings: problems.into_sorted(),
    }
}

impl Grid {
    /// The point as a variant of the file, named by its levels.
    pub fn variant(&self, point: usize) -> Variant {
        let levels = self.levels(point);
        let name = levels.iter().map(|(address, level)| format!("{address}={level}"));
        let changes = levels.iter().map(|&(address, level)| (address.to_owned(), level.to_owned()));
        Variant {
            name: name.collect::<Vec<_>>().join(", "),
            changes: changes.collect(),
            scenario: self.points[point].scenario.clone(),
        }
    }

    /// The levels of a point, each with the address that has it.
    pub fn levels(&self, point: usize) -> Vec<(&str, &str)> {
        let levels = self.factors.iter().zip(&self.points[point].levels);
        levels.map(|(factor, &level)| (factor.address.as_str(), factor.levels[level].as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_inside_of_quotes_and_brackets_are_of_the_value() {
        let parts = |text: &str| {
            stretches(text, 0).into_iter().map(|stretch| text[stretch].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(parts("1,2"), ["1", "2"]);
        assert_eq!(
            parts("{ uniform = [\"1ms\", \"2ms\"] },\"a,b\""),
            ["{ uniform = [\"1ms\", \"2ms\"] }", "\"a,b\""]
        );
        assert_eq!(parts(""), [""]);
        assert_eq!(parts("1,,2]],3"), ["1", "", "2]]", "3"]);
    }

    #[test]
    fn the_last_factor_changes_first() {
        let all: Vec<Vec<usize>> = (0..6).map(|place| levels(place, &[2, 3])).collect();
        assert_eq!(all, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
    }
}
