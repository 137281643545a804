//! A short soak; the long one is in `make bench`.

#[test]
fn runs_under_random_faults_end_as_a_clean_run_or_with_an_honest_exit_code() {
    println!("{}", crate::soak::run(10, 1));
}
