//! What hooks found in the wild do, in whole runs: look-around, `import logging`; and their bounds.

use serde_json::json;

use crate::scene::{MAIN, Scene};

#[test]
fn a_hook_with_look_around_in_a_variable_decides_over_groups() {
    let mut scene =
        Scene::new("Design: ann bob\n Video: finn\n adobe: bob[Creative] finn[Premiere]");
    scene.hook(
        "import re\np = '(?<![a-zA-Z0-9])((EMERET)|(ANN))(?![a-zA-Z0-9])'\nattr = str(source_attributes.get('email'))\n\
         if 'Design' in source_groups and re.search(p, attr, flags=re.IGNORECASE):\n  target_groups.add('Stock')\n",
    );
    scene.run(&["check"]).exits(0);
    scene.sync().exits(0);
    let groups = |person| scene.groups_of(person).unwrap_or_default();
    assert_eq!(groups("ann"), ["Creative", "Stock"]);
    assert_eq!(groups("bob"), ["Creative"]);
}

#[test]
fn a_hook_logs_under_the_name_that_it_gives() {
    let mut scene = Scene::new("Design: ann\n Video: ann\n adobe: ann[Creative,Premiere]");
    scene.set(MAIN, "/logging/console_log_level", json!("info"));
    scene.hook(
        "import logging\nlogger.info('by its own')\nlogger = logging.getLogger('extension')\n\
         logger.info('Adding: %s', target_attributes['email'])\nlogger.critical('look')\n",
    );
    scene
        .sync()
        .exits(0)
        .says(r"INFO processor - by its own")
        .says(r"INFO extension - Adding: ann@example\.com")
        .says(r"CRITICAL extension - look");
}

#[test]
fn a_function_of_logging_is_refused_by_name() {
    let mut scene = Scene::new("Design: ann\n Video: ann\n adobe: ann[Creative,Premiere]");
    scene.hook("import logging\nlogging.info('x')\n");
    scene
        .sync()
        .exits(2)
        .says(r"logging\.info is not supported")
        .says(r"getLogger");
    assert_eq!(scene.sim.requests().len(), 0);
}

#[test]
fn a_pattern_that_goes_back_for_ever_ends_the_run_before_anything_is_written() {
    let mut scene = Scene::new("Design: ann\n Video: ann\n adobe: bob[Creative]");
    scene.hook(
        "import re\ntry:\n  re.search(r'^(?:(a+)(?:\\1|a))+$', 'a' * 40 + 'b')\nexcept Exception:\n  pass\n",
    );
    scene
        .sync()
        .exits(1)
        .says("ann@example")
        .says("too many tries|steps");
    scene.wrote_nothing();
}
