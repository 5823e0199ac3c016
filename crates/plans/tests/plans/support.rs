use money::Amount;
use plans::Plans;
use stdx::Timestamp;

/// Where the workspace is: Beijing.
pub(crate) const OFFSET: i32 = 480;

pub(crate) const FREE: &str = include_str!("../../../../data/plans/free.toml");
pub(crate) const PLUS: &str = include_str!("../../../../data/plans/plus.toml");
pub(crate) const PRO: &str = include_str!("../../../../data/plans/pro.toml");

pub(crate) fn shipped() -> Plans {
    Plans::read([("free.toml", FREE), ("plus.toml", PLUS), ("pro.toml", PRO)]).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

pub(crate) fn yuan(text: &str) -> Amount {
    text.parse().unwrap()
}
