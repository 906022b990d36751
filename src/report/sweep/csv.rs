//! Tidy CSV of a sweep: one row for each point, replication, entity and measure. A point's rows can be read again, so that a
//! sweep goes on where it was interrupted.

use crate::experiment::{SweepPlan, SweepResult, SweptMeasure, SweptPoint};
use crate::measure::{CATALOGUE, Scope, find_in};

/// The first columns; one for each factor follows. An empty value: nothing was observed.
/// Not empty in `unstable`: the value depends on how long one looks, because the queue does not keep up.
const COLUMNS: [&str; 9] =
    ["point", "replication", "seed", "scope", "entity", "measure", "unit", "value", "unstable"];

/// All points as CSV (RFC 4180, lines end with a line feed), as `docs/output-formats.md` describes it.
pub fn sweep_csv(result: &SweepResult) -> String {
    let mut text = String::from_utf8(written(&result.plan, None)).expect("every field is text");
    for (place, point) in result.points.iter().enumerate() {
        let rows = written(&result.plan, Some((place, point)));
        text += std::str::from_utf8(&rows).expect("every field is text");
    }
    text
}

/// One point as CSV with its head; the rows are those of [`sweep_csv`].
pub fn sweep_point_csv(plan: &SweepPlan, place: usize, point: &SweptPoint) -> String {
    let mut text = written(plan, None);
    text.extend(written(plan, Some((place, point))));
    String::from_utf8(text).expect("every field is text")
}

/// The head, or the rows of a point.
fn written(plan: &SweepPlan, rows: Option<(usize, &SweptPoint)>) -> Vec<u8> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let done = match rows {
        None => writer.write_record(columns(plan)),
        Some((place, point)) => write_rows(&mut writer, plan, place, point),
    };
    done.expect("writing to memory cannot fail");
    writer.into_inner().expect("writing to memory cannot fail")
}

fn columns(plan: &SweepPlan) -> impl Iterator<Item = &str> {
    COLUMNS.into_iter().chain(plan.grid.factors.iter().map(|factor| factor.address.as_str()))
}

fn write_rows(
    writer: &mut ::csv::Writer<Vec<u8>>,
    plan: &SweepPlan,
    place: usize,
    point: &SweptPoint,
) -> Result<(), ::csv::Error> {
    let number = (place + 1).to_string();
    let levels: Vec<&str> = plan.grid.levels(place).into_iter().map(|(_, level)| level).collect();
    let spoilt: Vec<bool> = point.measures.iter().map(|measure| point.is_spoilt(measure)).collect();
    for (index, values) in point.values.iter().enumerate() {
        let seed = plan.seed.wrapping_add(index as u64).to_string();
        for ((row, value), spoilt) in point.measures.iter().zip(values).zip(&spoilt) {
            let [index, value] =
                [index.to_string(), value.map(|value| value.to_string()).unwrap_or_default()];
            let measure = row.measure;
            let words = [measure.scope.name(), row.entity.as_str(), measure.name, measure.unit.name()];
            let fields = [number.as_str(), &index, &seed].into_iter().chain(words).chain([value.as_str()]);
            let fields = fields.chain([if *spoilt { "yes" } else { "" }]);
            writer.write_record(fields.chain(levels.iter().copied()))?;
        }
    }
    Ok(())
}

/// A point as [`sweep_point_csv`] has written it; `None` where the text is not all of that point of this plan.
pub fn sweep_point_read(plan: &SweepPlan, place: usize, text: &str) -> Option<SweptPoint> {
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    if !reader.headers().ok()?.iter().eq(columns(plan)) || !text.ends_with('\n') {
        return None;
    }
    let (mut measures, mut all): (Vec<SweptMeasure>, Vec<Vec<Option<f64>>>) = (Vec::new(), Vec::new());
    for row in reader.records() {
        let row = row.ok()?;
        let index: usize = row[1].parse().ok()?;
        if row[0] != (place + 1).to_string() || index + 1 < all.len() || index > all.len() {
            return None;
        }
        if index == all.len() {
            all.push(Vec::with_capacity(measures.len()));
        }
        let scope = Scope::ALL.into_iter().find(|scope| scope.name() == &row[3])?;
        let measure = SweptMeasure { measure: find_in(scope, &row[5])?, entity: row[4].to_owned() };
        let value = if row[7].is_empty() { None } else { Some(row[7].parse().ok()?) };
        let values = &mut all[index];
        if index == 0 {
            measures.push(measure);
        } else if measures.get(values.len()) != Some(&measure) {
            return None;
        }
        values.push(value);
    }
    let even = all.iter().all(|values| values.len() == measures.len())
        && measures.last().is_some_and(|last| CATALOGUE.last() == Some(last.measure));
    let point = even.then(|| SweptPoint::new(plan, place, measures, all))?;
    let whole = plan.is_whole(place, &point);
    // Whatever else is different in it would be different when written again.
    (whole && sweep_point_csv(plan, place, &point) == text).then_some(point)
}
