//! Lines out of characters: what stands beside each other on one base line.

use super::glyphs::Glyph;

/// A line of a page. Lengths are those of the page.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Its pieces; between two of them is a gap as between the cells of a table.
    pub(crate) cells: Vec<String>,
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) across: f64,
    pub(crate) size: f64,
    direction: (f64, f64),
}

impl Line {
    pub(crate) fn text(&self) -> String {
        self.cells.join(" ")
    }

    pub(crate) fn characters(&self) -> usize {
        self.cells.iter().map(|cell| cell.chars().count()).sum()
    }
}

/// Blanks wider than this many heights of the font are the gap between two cells.
const CELL_GAP: f64 = 1.7;
/// Blanks wider than this are the gap between two words, where nobody drew a blank.
const WORD_GAP: f64 = 0.2;

/// The lines of a page, in the order in which they were drawn.
pub(crate) fn of(glyphs: Vec<Glyph>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for glyph in glyphs {
        match lines.last_mut() {
            Some(line) if continues(line, &glyph) => add(line, &glyph),
            _ => lines.push(begun(&glyph)),
        }
    }
    let mut kept: Vec<Line> = Vec::with_capacity(lines.len());
    for mut line in lines {
        line.cells =
            line.cells.iter().map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect();
        if !line.cells.is_empty() && !kept.iter().rev().take(3).any(|other| is_double(other, &line)) {
            kept.push(line);
        }
    }
    kept
}

fn begun(glyph: &Glyph) -> Line {
    Line {
        cells: vec![glyph.text.clone()],
        start: glyph.along,
        end: glyph.end,
        across: glyph.across,
        size: glyph.size,
        direction: glyph.direction,
    }
}

fn continues(line: &Line, glyph: &Glyph) -> bool {
    let size = line.size.max(glyph.size);
    let (dx, dy) = (line.direction.0 - glyph.direction.0, line.direction.1 - glyph.direction.1);
    dx.hypot(dy) < 0.01
        && (line.across - glyph.across).abs() < 0.4 * size
        && glyph.along > line.end - 0.6 * size
        // The gutter between two columns of text is wide, cells of one row may be wider apart.
        && glyph.along < line.end + 30.0 * size
}

fn add(line: &mut Line, glyph: &Glyph) {
    let gap = (glyph.along - line.end) / line.size.max(f64::EPSILON);
    if gap > CELL_GAP {
        line.cells.push(glyph.text.clone());
    } else if let Some(cell) = line.cells.last_mut() {
        let touches = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || is_wide(c));
        let needs_none = touches(cell.chars().next_back()) || touches(glyph.text.chars().next());
        if gap > WORD_GAP && !needs_none {
            cell.push(' ');
        }
        cell.push_str(&glyph.text);
    }
    if !glyph.text.trim().is_empty() || gap < CELL_GAP {
        line.end = line.end.max(glyph.end);
    }
    line.size = line.size.max(glyph.size);
}

/// Shadows and bold letters are drawn twice, nearly at one place.
fn is_double(one: &Line, other: &Line) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 0.15 * one.size;
    near(one.across, other.across) && near(one.start, other.start) && one.cells == other.cells
}

/// Characters that stand beside each other without blanks.
pub(crate) fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3fffd}' | '“' | '”' | '‘' | '’' | '…' | '—')
}
