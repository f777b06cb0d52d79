//! How a CSV file names its columns.
//! It must never name two columns alike: the reader refuses that.

/// Which column of a CSV file is which of the record.
///
/// Without more said, a header line has the record's own names.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub(super) positions: Option<Vec<String>>,
    names: Vec<(String, &'static str)>,
    values: Vec<(&'static str, String)>,
}

impl Layout {
    /// Columns that are known by their position. A first line that does not start with a digit is a header, and left out.
    pub fn positions(columns: &[&str]) -> Self {
        Self { positions: Some(columns.iter().map(|column| (*column).to_owned()).collect()), ..Self::default() }
    }

    /// The column that the header calls `theirs`, in upper or lower case, is the record's `ours`.
    #[must_use]
    pub fn with_name(mut self, theirs: &str, ours: &'static str) -> Self {
        self.names.push((theirs.to_owned(), ours));
        self
    }

    /// The value that `column` has on every line of a file without that column.
    #[must_use]
    pub fn with_value(mut self, column: &'static str, value: &str) -> Self {
        self.values.push((column, value.to_owned()));
        self
    }

    pub(super) fn name<'a>(&self, theirs: &'a str) -> &'a str {
        self.names.iter().find(|(name, _)| name.eq_ignore_ascii_case(theirs)).map_or(theirs, |(_, ours)| ours)
    }

    pub(super) fn value(&self, column: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| *name == column).map(|(_, value)| value.as_str())
    }
}
