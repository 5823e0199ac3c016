//! `chart`: numbers become a document that the page draws.

use ports::{PortError, ToolAnswer, ToolFile};
use serde::Deserialize;
use wire::{CHART_MEDIA_TYPE, Chart, ChartCloud, ChartSeries, Drawn};

use crate::builtins::{Builtin, Call};
use crate::wrong;

/// Series, or clouds, of one chart.
const MOST_SERIES: usize = 12;
/// Labels, or points of a cloud.
const MOST_POINTS: usize = 2_000;
/// Parts of a pie: more cannot be told apart.
const MOST_PARTS: usize = 24;
/// Characters of a title or a label.
const MOST_CHARACTERS: usize = 200;

#[derive(Debug)]
pub(crate) struct DrawChart;

#[derive(Deserialize)]
struct Asked {
    kind: Kind,
    title: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    series: Vec<Series>,
    #[serde(default)]
    x_label: String,
    #[serde(default)]
    y_label: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Bar,
    Line,
    Pie,
    Scatter,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    name: String,
    #[serde(default)]
    values: Vec<f64>,
    #[serde(default)]
    x: Vec<f64>,
}

impl Builtin for DrawChart {
    fn answer(&self, call: &Call<'_>) -> Result<ToolAnswer, PortError> {
        let asked: Asked = call.described.arguments(&call.request.arguments)?;
        let texts = [&asked.title, &asked.x_label, &asked.y_label];
        let names = asked.series.iter().map(|series| &series.name);
        for text in texts.into_iter().chain(&asked.labels).chain(names) {
            if text.chars().count() > MOST_CHARACTERS || text.chars().any(char::is_control) {
                return Err(wrong(format!(
                    "Titles, names and labels are one line of at most {MOST_CHARACTERS} characters."
                )));
            }
        }
        let (title, x_label, y_label) = (asked.title.clone(), asked.x_label.clone(), asked.y_label.clone());
        let drawn = drawn(asked).map_err(wrong)?;
        let what = told(&drawn);
        let chart = Chart { version: 1, title: title.trim().to_owned(), x_label, y_label, drawn };
        let bytes = serde_json::to_vec(&chart).map_err(|error| wrong(error.to_string()))?;
        let text =
            format!("The member sees {what} titled \"{}\". Do not repeat all of its numbers.", chart.title);
        let file = ToolFile { name: "chart.json".to_owned(), media_type: CHART_MEDIA_TYPE.to_owned(), bytes };
        Ok(ToolAnswer { files: vec![file], ..ToolAnswer::text(text) })
    }
}

fn drawn(asked: Asked) -> Result<Drawn, String> {
    let count = asked.series.len();
    if count == 0 || count > MOST_SERIES {
        return Err(format!("`series` has {count} entries; a chart has 1 to {MOST_SERIES}."));
    }
    if let Kind::Scatter = asked.kind {
        return Ok(Drawn::Scatter { clouds: asked.series.into_iter().map(cloud).collect::<Result<_, _>>()? });
    }
    let labels = asked.labels;
    if labels.is_empty() || labels.len() > MOST_POINTS {
        return Err(format!("`labels` has {} entries; a chart has 1 to {MOST_POINTS}.", labels.len()));
    }
    for series in &asked.series {
        if !series.x.is_empty() {
            return Err("`x` belongs to scatter charts; here `labels` stand along the axis.".to_owned());
        }
        if series.values.len() != labels.len() {
            return Err(format!(
                "`{}` has {} values and there are {} labels: give one value for each label.",
                series.name,
                series.values.len(),
                labels.len()
            ));
        }
    }
    let plain = |series: Series| ChartSeries { name: series.name, values: series.values };
    match asked.kind {
        Kind::Pie => pie(labels, asked.series),
        Kind::Line => Ok(Drawn::Line { labels, series: asked.series.into_iter().map(plain).collect() }),
        Kind::Bar | Kind::Scatter => {
            Ok(Drawn::Bar { labels, series: asked.series.into_iter().map(plain).collect() })
        }
    }
}

fn pie(labels: Vec<String>, mut series: Vec<Series>) -> Result<Drawn, String> {
    let (Some(Series { values, .. }), true) = (series.pop(), series.is_empty()) else {
        return Err("A pie has one series.".to_owned());
    };
    if labels.len() > MOST_PARTS {
        return Err(format!(
            "A pie has at most {MOST_PARTS} parts: put the small ones together, or draw bars."
        ));
    }
    let sum: f64 = values.iter().sum();
    if values.iter().any(|value| *value < 0.0) || sum <= 0.0 || !sum.is_finite() {
        return Err("The parts of a pie are not below zero, and together more than zero.".to_owned());
    }
    Ok(Drawn::Pie { labels, values })
}

fn cloud(series: Series) -> Result<ChartCloud, String> {
    let count = series.values.len();
    if series.x.len() != count || count == 0 || count > MOST_POINTS {
        return Err(format!(
            "`{}` has {} numbers in `x` and {count} in `values`: a scatter chart needs as many of both, 1 to \
             {MOST_POINTS}.",
            series.name,
            series.x.len()
        ));
    }
    let points = series.x.into_iter().zip(series.values).map(|(x, y)| [x, y]).collect();
    Ok(ChartCloud { name: series.name, points })
}

fn told(drawn: &Drawn) -> String {
    match drawn {
        Drawn::Bar { labels, series } => {
            format!("a bar chart ({} series of {} values)", series.len(), labels.len())
        }
        Drawn::Line { labels, series } => {
            format!("a line chart ({} series of {} values)", series.len(), labels.len())
        }
        Drawn::Pie { labels, .. } => format!("a pie chart ({} parts)", labels.len()),
        Drawn::Scatter { clouds } => {
            let points: usize = clouds.iter().map(|cloud| cloud.points.len()).sum();
            format!("a scatter chart ({points} points)")
        }
    }
}
