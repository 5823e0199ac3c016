//! Charts: numbers as the page draws them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of a [`Chart`] as JSON.
pub const CHART_MEDIA_TYPE: &str = "application/vnd.hutong.chart+json";

/// A chart. Whoever makes one has checked that its series have as many numbers as there are labels, and that all are
/// finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// 1, until something here means something else.
    pub version: u32,
    /// What it shows, in a line.
    pub title: String,
    /// What the horizontal axis is; may be empty.
    pub x_label: String,
    /// What the vertical axis is, with its unit; may be empty.
    pub y_label: String,
    /// What is drawn.
    pub drawn: Drawn,
}

/// What a chart draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Drawn {
    /// A bar for each label and series.
    Bar {
        /// Along the axis.
        labels: Vec<String>,
        /// One number for each label.
        series: Vec<ChartSeries>,
    },
    /// A line for each series, through one point for each label.
    Line {
        /// Along the axis, in order.
        labels: Vec<String>,
        /// One number for each label.
        series: Vec<ChartSeries>,
    },
    /// Parts of a whole.
    Pie {
        /// One for each part.
        labels: Vec<String>,
        /// None below zero; together more than zero.
        values: Vec<f64>,
    },
    /// Points.
    Scatter {
        /// A cloud each.
        clouds: Vec<ChartCloud>,
    },
}

/// Numbers that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartSeries {
    /// What they are.
    pub name: String,
    /// In the order of the labels.
    pub values: Vec<f64>,
}

/// Points that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartCloud {
    /// What they are.
    pub name: String,
    /// Each across and up.
    pub points: Vec<[f64; 2]>,
}
