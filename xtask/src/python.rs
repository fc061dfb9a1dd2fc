//! The Python package: built and tested in an environment of its own, where a Python is at hand.

use std::path::Path;

use anyhow::Result;

use crate::house::House;
use crate::process::{command, first_line, run};
use crate::test::Outcome;

/// The oldest Python that the package's stable interface is for.
const PYTHON_MIN: (u32, u32) = (3, 11);
const TOOLS: &[&str] = &["maturin>=1.16,<2", "pytest>=8"];
/// What the tests of data frames and of the cluster need; without them those are skipped.
const EXTRAS: &[&str] = &["pandas>=2", "pyarrow>=15", "ray>=2.40"];

/// Builds the package and runs its tests.
pub(crate) fn check(house: &House) -> Result<Outcome> {
    let version = first_line("python3", &["--version"]);
    if version.as_deref().and_then(version_of).is_none_or(|version| version < PYTHON_MIN) {
        let (major, minor) = PYTHON_MIN;
        let found = version.unwrap_or_else(|| "no python3".into());
        return Ok(Outcome::Skipped(format!(
            "{found}: the package needs {major}.{minor} or later"
        )));
    }
    let environment = house.target.join("python");
    let folder = house.root.join("python");
    if !environment.join("bin/python").is_file() {
        let path = environment.to_string_lossy();
        run(&mut command(&house.root, "python3", &["-m", "venv", path.as_ref()]))?;
    }
    if install(&folder, &environment, TOOLS).is_err() {
        return Ok(Outcome::Skipped(
            "pip cannot install maturin and pytest: no package index".into(),
        ));
    }
    let has_extras = install(&folder, &environment, EXTRAS).is_ok();
    let mut maturin = command(&folder, environment.join("bin/maturin"), &["develop", "--quiet"]);
    run(maturin.env("VIRTUAL_ENV", &environment).env("CARGO_TARGET_DIR", &house.target))?;
    let pytest = ["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests"];
    let mut tests = command(&folder, environment.join("bin/python"), &pytest);
    run(tests.env("PYTHONDONTWRITEBYTECODE", "1"))?;
    let note =
        if has_extras { "" } else { "without pandas, pyarrow and Ray, which pip cannot install" };
    Ok(Outcome::Passed(note.into()))
}

fn install(folder: &Path, environment: &Path, packages: &[&str]) -> Result<()> {
    let args = [&["-m", "pip", "install", "--quiet", "--disable-pip-version-check"], packages];
    run(&mut command(folder, environment.join("bin/python"), &args.concat()))
}

/// `Python 3.11.7` as its first two numbers.
fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix("Python ")?.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests;
