//! From a text to its variants: parse, overlay, resolve; and every mistake once. Knows no table.

use super::builder::ScenarioBuilder;
use super::diagnostic::{Diagnostic, Diagnostics, Problems};
use super::files::{Data, Files};
use super::node::{Entry, Node, Table, Value};
use super::overlay::Setting;
use super::source::{Place, Source};
use super::variants::{Plan, plans};
use super::{Scenario, Variant, alike, ids, parse, resolve};

/// A scenario file that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// In the order of the file, at least one; called `base` where the file has none.
    pub variants: Vec<Variant>,
    /// Doubts, sorted by place.
    pub warnings: Vec<Diagnostic>,
    /// The names of the data files that were read.
    pub files: Vec<String>,
}

/// Reads a scenario file with settings of the command line, each `ADDRESS=VALUE`, which win over the file's variants.
///
/// # Errors
///
/// All mistakes of the file and the settings, sorted by place, those of several variants once. A file that is not TOML
/// has only its syntax errors reported, because what else it says is not certain.
///
/// # Examples
///
/// ```
/// let text = r#"
/// [[queue]]
/// name = "orders"
///
/// [[producer]]
/// name = "shop"
/// routing-key = "orders"
/// count = 100
/// interarrival = { exponential = "20ms" }
///
/// [[consumer]]
/// name = "billing"
/// queue = "orders"
/// service-time = "15ms"
/// "#;
/// let loaded = amqpsim::scenario::load("orders.toml", text, &["consumer.billing.speed=2".to_owned()])?;
/// assert_eq!(loaded.variants[0].name, "base");
/// assert_eq!(loaded.variants[0].scenario.system.consumers[0].speed_permille, 2000);
///
/// let mistaken = amqpsim::scenario::load("orders.toml", &text.replace("\"15ms\"", "15"), &[]);
/// assert!(mistaken.unwrap_err().to_string().contains("a duration needs a unit, got `15`"));
/// # Ok::<(), amqpsim::scenario::Diagnostics>(())
/// ```
pub fn load(source_name: &str, text: &str, overrides: &[String]) -> Result<Loaded, Diagnostics> {
    load_with_files(source_name, text, overrides, &|_| Err("no files are at hand".to_owned()))
}

/// The same for a scenario that names data files, which `files` opens: from a name in the scenario to the text of the file.
///
/// # Errors
///
/// As [`load`], and files that cannot be opened or read.
pub fn load_with_files(
    source_name: &str,
    text: &str,
    overrides: &[String],
    files: Files<'_>,
) -> Result<Loaded, Diagnostics> {
    let source = Source::new(source_name, text, 0);
    let mut problems = Problems::default();
    let Some(tree) = parse::document(&source, &mut problems) else {
        return Err(Diagnostics::new(source_name, problems.into_sorted()));
    };
    let arguments: Vec<Setting> = overrides
        .iter()
        .enumerate()
        .filter_map(|(at, argument)| Setting::from_argument(argument, at + 1, &mut problems))
        .collect();
    let head = Head { name: file_stem(source_name), about: &parse::head_comment(text) };
    build(source_name, &head, tree, &arguments, files, problems)
}

/// The text of a scenario file that is one run of one variant of this one, with the settings of the command line in it;
/// `None` where the text has mistakes or no such variant. Comments are gone but for the one at the head.
pub(super) fn flattened(
    source_name: &str,
    text: &str,
    overrides: &[String],
    variant: &str,
    seed: u64,
) -> Option<String> {
    let mut problems = Problems::default();
    let mut tree = parse::document(&Source::new(source_name, text, 0), &mut problems)?;
    let plan = plans(&tree, &mut problems).into_iter().find(|plan| plan.name == variant)?;
    let arguments = overrides.iter().enumerate();
    let arguments = arguments.filter_map(|(at, one)| Setting::from_argument(one, at + 1, &mut problems));
    let settings: Vec<Setting> = arguments.collect();
    let settings: Vec<&Setting> = plan.settings.iter().chain(&settings).collect();
    if settings.iter().all(|setting| setting.reaches(&mut tree)) {
        for setting in settings {
            setting.apply(&mut tree, &mut problems);
        }
    } else {
        // One of many alike is named: each stands for itself then.
        apply(settings.into_iter(), &mut tree, &mut problems);
    }
    tree.0.retain(|entry| entry.key != "variant");
    keep_checks_of(&mut tree, variant);
    keep_one_run(&mut tree, seed);
    let head: Vec<String> = parse::head_comment(text).lines().map(|line| format!("# {line}\n")).collect();
    let builder = ScenarioBuilder::of_tree(file_stem(source_name), tree);
    Some(head.concat() + &builder.to_toml()).filter(|_| !problems.has_errors())
}

/// The checks that are about this variant, or about all.
fn keep_checks_of(tree: &mut Table, variant: &str) {
    let Some(Node { value: Value::List(checks), .. }) = tree.get_mut("check") else { return };
    checks.retain_mut(|check| {
        let Some(check) = check.as_table_mut() else { return true };
        let of = check.get("variant").and_then(Node::as_text);
        let is_kept = of.is_none_or(|of| of == variant);
        check.0.retain(|entry| entry.key != "variant");
        is_kept
    });
    if checks.is_empty() {
        tree.0.retain(|entry| entry.key != "check");
    }
}

/// One replication, with this seed; one that no file can hold is left to the command line.
fn keep_one_run(tree: &mut Table, seed: u64) {
    let Some(table) = tree.get_or_table("replication", None).as_table_mut() else { return };
    table.0.retain(|entry| !["precision", "precision-of", "replications-max"].contains(&entry.key.as_str()));
    for (key, number) in [("replications", Ok(1)), ("seed", i64::try_from(seed))] {
        let Ok(number) = number else { continue };
        table.set(Entry { key: key.to_owned(), key_place: None, node: Node::new(Value::Integer(number)) });
    }
}

/// What a scenario has from outside of its tables.
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    pub(super) about: &'a str,
}

/// Resolves every variant of a tree.
pub(super) fn build(
    source_name: &str,
    head: &Head<'_>,
    mut tree: Table,
    arguments: &[Setting],
    files: Files<'_>,
    mut problems: Problems,
) -> Result<Loaded, Diagnostics> {
    // Before the variants, so that they share what a file has.
    let mut data = Data::of(files);
    data.attach(&mut tree, &mut problems);
    let plans = plans(&tree, &mut problems);
    let mut found = Vec::new();
    let mut variants = Vec::new();
    let names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
    for plan in &plans {
        let among = resolve::Variants { this: &plan.name, all: &names };
        let settings = plan.settings.iter().chain(arguments);
        let (scenario, diagnostics) = resolved(&tree, settings, head, among, &mut data);
        found.push(Found { name: plan.name.clone(), places: plan.place.iter().collect(), diagnostics });
        variants.push(variant(plan, scenario));
    }
    gather("variant", &found, &mut problems);
    let failed = problems.has_errors();
    let diagnostics = problems.into_sorted();
    if failed {
        Err(Diagnostics::new(source_name, diagnostics))
    } else {
        Ok(Loaded { variants, warnings: diagnostics, files: data.read() })
    }
}

/// Gives the settings their values, and puts in as many tables as each one says; whether one says several. A setting that
/// reaches nothing before may name one of many alike.
fn apply<'a>(settings: impl Iterator<Item = &'a Setting>, tree: &mut Table, problems: &mut Problems) -> bool {
    let (first, later): (Vec<&Setting>, Vec<&Setting>) = settings.partition(|setting| setting.reaches(tree));
    for setting in first {
        setting.apply(tree, problems);
    }
    let several = alike::expand(tree);
    for setting in later {
        setting.apply(tree, problems);
    }
    several
}

/// A mistake in a table that is there a hundred times is one mistake.
fn once_for_all_alike(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&'static str, Place)> = Vec::new();
    diagnostics.retain(|diagnostic| {
        let Some(label) = &diagnostic.primary else { return true };
        let this = (diagnostic.id, label.place.clone());
        let new = !seen.contains(&this);
        if new {
            seen.push(this);
        }
        new
    });
}

fn variant(plan: &Plan, scenario: Scenario) -> Variant {
    let shown = |setting: &Setting| (setting.address.clone(), setting.value.shown());
    Variant { name: plan.name.clone(), changes: plan.settings.iter().map(shown).collect(), scenario }
}

/// A tree with these settings, read.
pub(super) fn resolved<'a>(
    tree: &Table,
    settings: impl Iterator<Item = &'a Setting>,
    head: &Head<'_>,
    among: resolve::Variants<'_>,
    data: &mut Data<'_>,
) -> (Scenario, Vec<Diagnostic>) {
    let mut problems = Problems::default();
    let mut tree = tree.clone();
    let several = apply(settings, &mut tree, &mut problems);
    data.attach(&mut tree, &mut problems);
    let scenario = resolve::scenario(&tree, head, among, &mut problems);
    let mut diagnostics = problems.into_sorted();
    if several {
        once_for_all_alike(&mut diagnostics);
    }
    (scenario, diagnostics)
}

/// What is said of one of several readings of a file.
pub(super) struct Found<'a> {
    /// The name of the reading.
    pub(super) name: String,
    /// Where its own settings stand.
    pub(super) places: Vec<&'a Place>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Names that a note has at most.
const NAMES_MAX: usize = 4;

/// Takes each diagnostic once. One that only some readings have says which, unless it stands in their settings; what has no
/// effect in some of them has one in the others, and nothing is said about it. `word` is what a reading is called.
pub(super) fn gather(word: &str, found: &[Found<'_>], problems: &mut Problems) {
    let mut seen: Vec<(&Diagnostic, Vec<&Found<'_>>)> = Vec::new();
    for reading in found {
        for diagnostic in &reading.diagnostics {
            match seen.iter_mut().find(|(known, _)| *known == diagnostic) {
                Some((_, readings)) => readings.push(reading),
                None => seen.push((diagnostic, vec![reading])),
            }
        }
    }
    for (diagnostic, having) in seen {
        let inside = |reading: &&Found<'_>| match &diagnostic.primary {
            Some(label) => reading.places.iter().any(|settings| settings.holds(&label.place)),
            None => false,
        };
        if having.len() == found.len() || having.iter().any(inside) {
            problems.push(diagnostic.clone());
        } else if diagnostic.id != ids::KEY_WITHOUT_EFFECT {
            let mut names: Vec<String> =
                having.iter().take(NAMES_MAX).map(|reading| format!("`{}`", reading.name)).collect();
            if having.len() > NAMES_MAX {
                names.push(format!("{} more", having.len() - NAMES_MAX));
            }
            let plural = if having.len() == 1 { "" } else { "s" };
            problems.push(diagnostic.clone().note(format!("in {word}{plural} {}", names.join(", "))));
        }
    }
}

/// A file's name without `.toml`.
pub(super) fn file_stem(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.strip_suffix(".toml").unwrap_or(file)
}
