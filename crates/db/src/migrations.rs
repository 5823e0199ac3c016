//! The steps that bring data to the newest form, in order.

/// One step. Released steps are never edited; a mistake is mended by the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    /// The file's name without `.sql`.
    pub(crate) name: &'static str,
    /// Valid on every engine.
    pub(crate) sql: &'static str,
}

/// All steps; the version of the data is the number of steps taken.
pub(crate) const ALL: &[Migration] = &[
    Migration { name: "0001_first", sql: include_str!("migrations/0001_first.sql") },
    Migration { name: "0002_model_pins", sql: include_str!("migrations/0002_model_pins.sql") },
    Migration { name: "0003_reasoning_tokens", sql: include_str!("migrations/0003_reasoning_tokens.sql") },
    Migration { name: "0004_money", sql: include_str!("migrations/0004_money.sql") },
    Migration { name: "0005_people", sql: include_str!("migrations/0005_people.sql") },
    Migration { name: "0006_plans", sql: include_str!("migrations/0006_plans.sql") },
    Migration { name: "0007_orders", sql: include_str!("migrations/0007_orders.sql") },
    Migration { name: "0008_budgets", sql: include_str!("migrations/0008_budgets.sql") },
    Migration { name: "0009_plan_orders", sql: include_str!("migrations/0009_plan_orders.sql") },
    Migration { name: "0010_money_indexes", sql: include_str!("migrations/0010_money_indexes.sql") },
    Migration { name: "0011_strays", sql: include_str!("migrations/0011_strays.sql") },
    Migration { name: "0012_responses", sql: include_str!("migrations/0012_responses.sql") },
    Migration { name: "0013_requests", sql: include_str!("migrations/0013_requests.sql") },
    Migration { name: "0014_routes", sql: include_str!("migrations/0014_routes.sql") },
    Migration { name: "0015_providers", sql: include_str!("migrations/0015_providers.sql") },
    Migration { name: "0016_shadows", sql: include_str!("migrations/0016_shadows.sql") },
    Migration { name: "0017_acting", sql: include_str!("migrations/0017_acting.sql") },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_in_its_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed: Vec<String> = ALL.iter().map(|step| format!("{}.sql", step.name)).collect();
        assert_eq!(files, listed);
        for (number, step) in ALL.iter().enumerate() {
            assert!(step.name.starts_with(&format!("{:04}_", number + 1)), "{}", step.name);
        }
    }
}
