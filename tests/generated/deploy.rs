//! Generated infrastructure under the real terraform, shellcheck and modal, without a network or an account.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::bench::{EXAMPLE, decomposed, missing, program, python, said, slice, slices};
use crate::world::World;

/// The version that the stand-in for the provider pretends to be; see tests/stub-provider.
const VERSION: &str = "1.51.0";

/// Terraform, told to call nobody.
fn terraform(program: &Path, folder: &Path, arguments: &[&str], settings: Option<&Path>) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1");
    command.env("TF_CLI_CONFIG_FILE", settings.unwrap_or(Path::new("/dev/null"))).env_remove("HCLOUD_TOKEN");
    command.output().expect("terraform can be started")
}

/// A settings file with which Terraform takes the stand-in for the real provider.
fn stand_in(world: &World) -> Option<PathBuf> {
    let built = std::env::var_os("VSO_TEST_PROVIDER").map(PathBuf::from).unwrap_or_else(|| {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/stub-provider/debug/terraform-provider-hcloud")
    });
    if !built.is_file() {
        return missing("the stand-in for the hcloud provider (tests/run builds it)", false);
    }
    let platform = format!("linux_{}", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
    let place = format!("mirror/registry.terraform.io/hetznercloud/hcloud/{VERSION}/{platform}");
    let copy = world.write(&format!("{place}/terraform-provider-hcloud_v{VERSION}"), "");
    std::fs::copy(&built, copy).expect("the provider can be copied");
    let mirror = world.path().join("mirror");
    let text = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
        mirror.to_string_lossy()
    );
    Some(world.write("terraform.rc", text))
}

#[test]
fn all_hcl_is_formatted() {
    let Some(program) = program("terraform") else { return };
    let world = decomposed(EXAMPLE);
    let ran = terraform(&program, world.path(), &["fmt", "-check", "-diff", "-recursive", "."], None);
    assert!(ran.status.success(), "{}", said(&ran));
}

/// What this proves and what not: see tests/stub-provider/src/main.rs.
#[test]
fn all_slices_validate_and_one_lives_and_dies() {
    let Some(program) = program("terraform") else { return };
    let world = decomposed(EXAMPLE);
    let Some(settings) = stand_in(&world) else { return };
    for folder in slices(&world) {
        let folder = folder.join("terraform");
        for arguments in [&["init", "-no-color", "-input=false"][..], &["validate", "-no-color"]] {
            let ran = terraform(&program, &folder, arguments, Some(&settings));
            assert!(ran.status.success(), "{}: {}", folder.display(), said(&ran));
        }
    }
    let folder = slice(&world, "-loans").join("terraform");
    let values = [
        "-no-color",
        "-auto-approve",
        "-input=false",
        "-var-file=../../../deployments/production/terraform.tfvars",
        "-var=repository=https://example.org/tools.git",
        "-var=start_command=echo 'it''s' \"$(touch /tmp/never)\" `id` ${HOME} \\",
    ];
    let ran = terraform(&program, &folder, &[&["apply"], &values[..]].concat(), Some(&settings));
    assert!(ran.status.success(), "{}", said(&ran));
    assert!(said(&ran).contains("url = \"http://192.0.2.1:8080\""), "{}", said(&ran));
    start_command_is_one_word(&folder);
    let ran = terraform(&program, &folder, &[&["destroy"], &values[..]].concat(), Some(&settings));
    assert!(ran.status.success(), "{}", said(&ran));
}

/// The user data that the server would get is a script, and a value with every mark of the shell is text in it.
fn start_command_is_one_word(folder: &Path) {
    let state = std::fs::read_to_string(folder.join("terraform.tfstate")).expect("apply wrote a state");
    let state: serde_json::Value = serde_json::from_str(&state).expect("the state is JSON");
    let resources = state["resources"].as_array().expect("there are resources");
    let server = resources.iter().find(|resource| resource["type"] == "hcloud_server").expect("there is a server");
    let script = server["instances"][0]["attributes"]["user_data"].as_str().expect("it has user data");
    let line = script.lines().find(|line| line.starts_with("START_COMMAND=")).expect("it sets the command");
    let shell = format!("{line}\nprintf %s \"$START_COMMAND\"");
    let ran = Command::new("bash").args(["-c", &shell]).output().expect("bash can be started");
    let expected = "echo 'it''s' \"$(touch /tmp/never)\" `id` ${HOME} \\";
    assert_eq!(String::from_utf8_lossy(&ran.stdout), expected, "{line}");
    let path = folder.join("user-data.rendered");
    std::fs::write(&path, script).expect("it can be written");
    let ran = Command::new("bash").arg("-n").arg(&path).output().expect("bash can be started");
    assert!(ran.status.success(), "{}", said(&ran));
}

#[test]
fn user_data_is_clean_shell() {
    let Some(shellcheck) = program("shellcheck") else { return };
    let world = decomposed(EXAMPLE);
    for folder in slices(&world) {
        let path = folder.join("terraform/user-data.sh");
        let ran = Command::new(&shellcheck).arg(&path).output().expect("shellcheck can be started");
        assert!(ran.status.success(), "{}", said(&ran));
    }
}

#[test]
fn apps_import_under_the_real_modal() {
    let Some(python) = python(&["modal"]) else { return };
    let world = decomposed(EXAMPLE);
    let apps: Vec<PathBuf> =
        slices(&world).into_iter().map(|folder| folder.join("modal")).filter(|folder| folder.is_dir()).collect();
    assert_eq!(apps.len(), 1, "one component of the example says modal");
    for folder in apps {
        let mut command = Command::new(&python);
        command.args([
            "-W",
            "error",
            "-c",
            "import app; assert app.app.name.endswith('-test'); print(app.serve, app.nightly)",
        ]);
        command.current_dir(&folder).env("PYTHONDONTWRITEBYTECODE", "1").env("HOME", world.path());
        command.env_remove("MODAL_TOKEN_ID").env_remove("MODAL_TOKEN_SECRET");
        let ran = command.output().expect("Python can be started");
        assert!(ran.status.success(), "{}", said(&ran));
    }
}
