//! A soak: runs under random faults, by seed. A short one with the tests; `make bench` sets the
//! number of runs and prints the table.

#[test]
fn runs_under_random_faults_end_as_a_clean_run_or_with_an_honest_exit_code() {
    let runs = std::env::var("USER_SYNC_SOAK_RUNS").map_or(10, |runs| runs.parse().unwrap());
    println!("{}", crate::soak::run(runs, 1));
}
