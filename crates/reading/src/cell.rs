//! Tables whose cells hold paragraphs: what stands in a cell is one text.

/// The table that is being read, of however many within each other. Inner tables become text of the cell they are in.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    depth: u64,
    row: Vec<String>,
    in_cell: bool,
}

impl Tables {
    pub(crate) fn open(&mut self) {
        self.depth = self.depth.saturating_add(1);
    }

    pub(crate) fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(crate) fn open_cell(&mut self) {
        if self.depth == 1 {
            self.row.push(String::new());
            self.in_cell = true;
        }
    }

    pub(crate) fn close_cell(&mut self) {
        if self.depth == 1 {
            self.in_cell = false;
        }
    }

    /// Takes a paragraph, if it stands in a cell.
    pub(crate) fn takes(&mut self, paragraph: &str) -> bool {
        if !self.in_cell {
            return false;
        }
        if let Some(cell) = self.row.last_mut() {
            if !cell.is_empty() {
                cell.push(' ');
            }
            cell.push_str(paragraph);
        }
        true
    }

    /// The row, when the outermost table's ends.
    pub(crate) fn close_row(&mut self) -> Option<Vec<String>> {
        (self.depth == 1).then(|| std::mem::take(&mut self.row))
    }
}
