//! The characters of a page with their places, taken from the hands of whoever draws the page.

use hayro_interpret::font::GlyphRun;
use hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::kurbo::{Affine, BezPath, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, RenderContent, SoftMask, TransformExt as _, interpret_page,
};
use unicode_normalization::UnicodeNormalization as _;

use crate::error::ReadError;

/// A character that was drawn. Along and across are seen in the direction of its line; across grows from line to line.
#[derive(Debug, Clone)]
pub(crate) struct Glyph {
    pub(crate) text: String,
    pub(crate) along: f64,
    pub(crate) across: f64,
    /// Where the next one of the word would stand, if the font says so.
    pub(crate) end: f64,
    /// Height of its font.
    pub(crate) size: f64,
    /// The direction of its line, as the tangent's two parts.
    pub(crate) direction: (f64, f64),
}

/// Gives the characters of each page, in the order in which they are drawn, and how high the page is.
pub(crate) fn of_pages(
    pdf: &Pdf,
    mut page_glyphs: impl FnMut(Vec<Glyph>, f64) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let cache = InterpreterCache::new();
    for page in pdf.pages().iter() {
        let settings = InterpreterSettings { render_content: RenderContent::PAGE, ..Default::default() };
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let turned = page.initial_transform(true).to_kurbo();
        let mut context = Context::new(turned, bounds, &cache, pdf.xref(), settings);
        let mut collected = Collected { glyphs: Vec::new(), bounds };
        interpret_page(page, &mut context, &mut collected);
        page_glyphs(collected.glyphs, f64::from(height))?;
    }
    Ok(())
}

struct Collected {
    glyphs: Vec<Glyph>,
    bounds: Rect,
}

impl<'a> Device<'a> for Collected {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            let text = match glyph.as_unicode() {
                Some(BfString::Char(c)) => known(c).to_string(),
                Some(BfString::String(text)) => text.chars().map(known).collect(),
                None => continue,
            };
            let advance = match &**glyph {
                hayro_interpret::font::Glyph::Outline(glyph) => glyph.advance_width(),
                hayro_interpret::font::Glyph::Type3(glyph) => glyph.advance_width(),
            };
            self.add(compatible(&text), props.transform * glyph.transform(), advance, run.writing_mode());
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

impl Collected {
    fn add(&mut self, text: String, place: Affine, advance: Option<f32>, mode: WritingMode) {
        let [a, b, c, d, x, y] = place.as_coeffs();
        let size = 1000.0 * c.hypot(d);
        let stretch = a.hypot(b);
        // What stands beside the page, or is too small to be seen by anybody, is not on it.
        let is_beside = x < self.bounds.x0 - size
            || x > self.bounds.x1 + size
            || y < self.bounds.y0 - size
            || y > self.bounds.y1 + size;
        if is_beside || !(1.0..10_000.0).contains(&size) || stretch <= f64::EPSILON {
            return;
        }
        let (direction, length) = match mode {
            WritingMode::Horizontal => {
                ((a / stretch, b / stretch), advance.map(f64::from).unwrap_or(500.0) * stretch)
            }
            // Columns run down the page and follow each other to the left.
            WritingMode::Vertical => ((0.0, 1.0), size),
        };
        let (dx, dy) = direction;
        let along = x * dx + y * dy;
        let across = y * dx - x * dy;
        self.glyphs.push(Glyph { text, along, across, end: along + length, size, direction });
    }
}

/// Without blanks that are none, and marks for what is unknown.
fn known(c: char) -> char {
    match c {
        '\u{a0}' | '\u{3000}' | '\0'..='\u{1f}' => ' ',
        c => c,
    }
}

/// Ligatures, and the radicals that some programs name instead of the characters that look the same.
fn compatible(text: &str) -> String {
    let is_double =
        |c: char| matches!(c, '\u{2e80}'..='\u{2fdf}' | '\u{f900}'..='\u{faff}' | '\u{fb00}'..='\u{fb06}');
    if !text.chars().any(is_double) {
        return text.to_owned();
    }
    text.nfkc()
        .map(|c| RADICALS.iter().find(|(radical, _)| *radical == c).map_or(c, |(_, whole)| *whole))
        .collect()
}

/// Radicals of the block "CJK Radicals Supplement" and the characters that they are, after Unicode's
/// `EquivalentUnifiedIdeograph.txt`; those of the block "Kangxi Radicals" NFKC knows.
const RADICALS: [(char, char); 32] = [
    ('⺁', '厂'),
    ('⺇', '几'),
    ('⺌', '小'),
    ('⺓', '幺'),
    ('⺠', '民'),
    ('⺫', '罒'),
    ('⺮', '竹'),
    ('⺶', '羊'),
    ('⺼', '肉'),
    ('⻁', '虎'),
    ('⻅', '见'),
    ('⻆', '角'),
    ('⻉', '贝'),
    ('⻋', '车'),
    ('⻌', '辶'),
    ('⻓', '长'),
    ('⻔', '门'),
    ('⻘', '青'),
    ('⻙', '韦'),
    ('⻚', '页'),
    ('⻛', '风'),
    ('⻜', '飞'),
    ('⻝', '食'),
    ('⻢', '马'),
    ('⻣', '骨'),
    ('⻤', '鬼'),
    ('⻥', '鱼'),
    ('⻦', '鸟'),
    ('⻨', '麦'),
    ('⻩', '黄'),
    ('⻬', '齐'),
    ('⻰', '龙'),
];
