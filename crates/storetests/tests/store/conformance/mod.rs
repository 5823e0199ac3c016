//! Scenes that every engine plays.

pub(crate) mod access;
pub(crate) mod acting;
pub(crate) mod batches;
pub(crate) mod budgets;
pub(crate) mod messages;
pub(crate) mod money;
pub(crate) mod orders;
pub(crate) mod people;
pub(crate) mod plans;
pub(crate) mod requests;
pub(crate) mod responses;
pub(crate) mod routes;
pub(crate) mod runs;
pub(crate) mod threads;

/// A test for each scene, on databases that an async function opens; give its path from the root of the crate. It may have
/// nothing to open and say so: then the scene is skipped.
macro_rules! suite {
    ($open:path) => {
        $crate::conformance::scenes!($open;
            batches: all_or_nothing, a_failure_names_its_write, later_writes_see_earlier_ones, an_empty_batch_is_kept,
                changes_are_counted, the_same_id_twice_is_a_conflict;
            people: one_first_workspace, logins_ignore_case, a_login_may_be_used_in_another_workspace,
                members_change, sessions_open_until_they_expire, sessions_are_cleared_away, keys_open_until_revoked,
                keys_expire_and_change, two_tokens_open_while_a_key_changes_over,
                a_suspended_member_has_neither_sessions_nor_keys, sessions_are_listed_and_ended,
                layouts_replace_each_other, pins_stay_in_the_order_they_came, providers_are_as_they_were_set_last, strangers_see_no_people;
            access: roles_change_as_they_were_seen, the_last_owner_is_guarded, a_removed_member_takes_everything_along,
                passwords_change, sign_up_is_said, invitations_let_in_as_many_as_they_say,
                an_invitation_of_a_closed_workspace_opens_nothing, what_a_member_invited_is_taken_back,
                groups_have_members, names_are_in_the_order_of_their_bytes, those_who_ask_wait_once, a_request_becomes_a_member,
                a_recovery_link_is_spent_once, a_second_factor_waits_for_its_first_code, a_code_works_once,
                strangers_have_no_access;
            threads: newest_first_in_pages, the_page_of_an_agent, titles_and_leaves, a_leaf_is_in_the_thread,
                deleting_takes_everything_along, strangers_see_no_threads;
            messages: what_is_kept_comes_back, pages_go_back_in_time, equal_times_are_not_lost_between_pages,
                a_page_brings_its_runs, the_path_follows_one_branch, a_parent_is_in_the_thread,
                parts_are_replaced, strangers_see_no_messages;
            acting: an_answer_is_decided_about_as_it_was_seen, leave_is_for_one_thread_and_goes_with_it,
                a_run_costs_what_its_steps_did;
            money: a_run_is_held_and_settled_once, an_allowance_is_lent_to_a_run_and_ended_as_it_was_placed,
                an_id_that_says_something_else_is_refused, strangers_see_no_money,
                of_a_thousand_holds_exactly_fifty_fit, a_random_history_is_the_same_on_disk_and_in_memory,
                a_charge_counts_with_its_ceiling_until_it_is_settled, a_window_is_never_fuller_than_it_may_be,
                a_floor_is_kept_by_the_data_itself,
                a_credit_line_may_be_long;
            orders: an_order_comes_back_as_it_was_placed, an_order_learns_on_the_version_that_was_read,
                a_payment_is_for_one_order, those_who_ask_take_turns, orders_are_listed_newest_first,
                a_member_places_so_many_and_no_more, what_was_said_is_kept_once, a_stray_payment_is_put_away_once, refunds_are_kept_with_who_asked,
                strangers_see_no_orders;
            budgets: a_budget_is_said_anew_and_taken_away,
                a_member_is_bound_by_their_own_their_groups_and_the_workspace, strangers_have_no_budgets_here,
                a_budget_has_room_for_exactly_what_fits, only_what_is_over_counts_as_used,
                an_alert_is_there_once_and_put_away_by_each_reader;
            plans: a_plan_changes_as_it_was_seen, of_many_changes_at_once_one_is_made,
                plans_that_are_due_are_found_everywhere, a_plan_is_tried_once, a_voucher_is_redeemed_as_often_as_it_says,
                a_voucher_ends, a_wallet_is_told_in_pages, what_was_spent_is_read_in_pieces, a_statement_has_its_rows,
                what_admins_did_is_kept;
            requests: a_request_is_read_as_it_was_kept_with_what_it_cost, they_are_found_by_what_is_known_of_them,
                old_requests_go_with_what_was_said, strangers_see_no_requests;
            responses: a_response_ends_once, a_chain_is_as_long_as_it_may_be,
                responses_are_deleted_when_their_time_is_over, strangers_see_no_responses;
            runs: a_run_lives_and_ends_once, the_end_is_kept_whole, live_runs_are_found_everywhere,
                the_active_run_is_the_newest_live_one, cancelling_is_remembered, events_follow_without_a_gap,
                a_final_run_takes_no_events, strangers_see_no_runs, a_live_state_is_not_an_end;
            routes: a_route_is_told_with_its_run_and_ends_once, savings_are_sums_of_what_is_known,
                shadows_are_told_by_day_and_go_when_they_are_old;
        );
    };
}

macro_rules! scenes {
    ($open:path; $($file:ident: $($scene:ident),+ ;)+) => {$(
        mod $file {
            $(#[tokio::test]
            async fn $scene() {
                let Some(opened) = $open().await else { return };
                let world = $crate::world::World::new(opened).await;
                $crate::conformance::$file::$scene(world).await;
            })+
        }
    )+};
}

pub(crate) use {scenes, suite};
