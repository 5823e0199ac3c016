//! `hutong vouchers add|list|remove`: works on the data folder itself as the owner, also while the server runs.

use std::time::Duration;

use api::UseCases;
use app::{AddVoucher, App, VoucherInfo};
use clap::Subcommand;
use money::Amount;
use plans::Worth;
use stdx::{Clock, VoucherId};

use super::say;
use crate::paths::DataDir;
use crate::wiring::{House, Tokens};

/// Make, list and take back vouchers
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a voucher and print its code
    Add(Wish),
    /// List the vouchers with their codes
    List,
    /// Take a voucher back; whoever redeemed it keeps what they got
    Remove {
        /// As `vouchers list` shows it
        id: VoucherId,
    },
}

#[derive(Debug, clap::Args)]
struct Wish {
    /// Credit for the wallet, such as 12.50
    #[arg(long, required_unless_present = "plan", conflicts_with = "plan")]
    credit: Option<Amount>,
    /// A plan instead of credit
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
    /// For how many days the plan is held
    #[arg(long, value_name = "N", default_value_t = 30, requires = "plan")]
    days: u32,
    /// By how many members it can be redeemed
    #[arg(long, value_name = "N", default_value_t = 1)]
    members: u32,
    /// For how many days it can be redeemed [default: for ever]
    #[arg(long, value_name = "N")]
    expires: Option<u32>,
    /// What it is for
    #[arg(long, default_value = "")]
    note: String,
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    let UseCases { accounts, app } = house.use_cases(&house.engine()?, Tokens::default()).await?;
    let owner = accounts.owner().await?;
    match args.command {
        Command::Add(wish) => {
            let made = app.add_voucher(&owner, wish.voucher(&app, house.clock.as_ref())).await?;
            say(code(&made))
        }
        Command::List => {
            for voucher in app.vouchers(&owner).await? {
                say(line(&voucher))?;
            }
            Ok(())
        }
        Command::Remove { id } => {
            app.remove_voucher(&owner, id).await?;
            say("Removed.")
        }
    }
}

impl Wish {
    fn voucher(self, app: &App, clock: &dyn Clock) -> AddVoucher {
        let worth = match self.plan {
            Some(plan) => Worth::Plan { plan, days: self.days },
            None => Worth::Credit(self.credit.unwrap_or_default().of(app.currency())),
        };
        let lifetime = |days: u32| Duration::from_secs(u64::from(days) * 86_400);
        AddVoucher {
            id: app.fresh_id_of(),
            worth,
            most_members: self.members,
            valid_from: None,
            expires_at: self.expires.map(|days| clock.now().plus(lifetime(days))),
            note: self.note,
        }
    }
}

fn code(voucher: &VoucherInfo) -> &str {
    voucher.code.as_deref().unwrap_or("(sealed with another key)")
}

fn line(info: &VoucherInfo) -> String {
    let row = &info.row;
    let worth = match &row.voucher.worth {
        Worth::Credit(money) => format!("{} {}", money.amount, money.currency),
        Worth::Plan { plan, days } => format!("{plan} for {days} days"),
    };
    let state = match (row.removed_at, row.voucher.expires_at) {
        (Some(at), _) => format!("removed {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "for ever".to_owned(),
    };
    let (id, redeemed, most) = (row.id, row.redeemed, row.voucher.limit.members());
    format!("{id}  {}  {worth}  {redeemed}/{most}  {state}  {}", code(info), row.note)
}
