//! On a real disk, as Linux tells it.

use super::*;

/// The offset in hours on a summer day in such an environment.
fn offset(tz: &str, folder: Option<&str>) -> Result<f64, String> {
    let zone = find(&|name| match name {
        "TZ" => Some(tz.into()),
        _ => folder.map(OsString::from),
    })?;
    let summer = Timestamp::from_second(1_750_000_000).unwrap();
    Ok(f64::from(summer.to_zoned(zone).offset().seconds()) / 3600.0)
}

#[test]
fn a_time_zone_is_a_rule_a_name_or_a_file() {
    for (tz, expected) in [
        ("", 0.0),
        ("UTC0", 0.0),
        ("CET-1CEST,M3.5.0,M10.5.0/3", 2.0),
        ("No/Such", 0.0),
    ] {
        assert_eq!(offset(tz, None), Ok(expected), "{tz}");
    }
    if Path::new("/usr/share/zoneinfo/Europe/Berlin").exists() {
        for tz in [
            "Europe/Berlin",
            ":Europe/Berlin",
            "/usr/share/zoneinfo/Europe/Berlin",
        ] {
            assert_eq!(offset(tz, None), Ok(2.0), "{tz}");
        }
        assert_eq!(
            offset("Berlin", Some("/usr/share/zoneinfo/Europe")),
            Ok(2.0)
        );
    }
}

#[test]
fn what_is_no_time_zone_is_an_error() {
    for (tz, folder, told) in [
        (
            "/dev/zero",
            None,
            "/dev/zero cannot be read: it is no regular file",
        ),
        (":/dev/zero", None, "it is no regular file"),
        ("zero", Some("/dev"), "it is no regular file"),
        (
            "/proc/self/status",
            None,
            "/proc/self/status is no time zone",
        ),
        ("/usr", None, "it is no regular file"),
    ] {
        let problem = offset(tz, folder).unwrap_err();
        assert!(problem.contains(told), "{problem}");
    }
}
