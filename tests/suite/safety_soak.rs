//! A soak: runs under random faults, by seed. A short one with the tests; `make bench` sets the
//! number of runs and prints the table. `USER_SYNC_SOAK_SEED` is the first seed.

#[test]
fn runs_under_random_faults_end_as_a_clean_run_or_with_an_honest_exit_code() {
    let number = |name, usual| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (runs, seed) = (
        number("USER_SYNC_SOAK_RUNS", 10),
        number("USER_SYNC_SOAK_SEED", 1),
    );
    println!("{}", crate::soak::run(runs, seed));
}
