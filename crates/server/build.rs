//! Lets the crate compile before the web app is built: the folder to embed must exist.

fn main() {
    // Asked when it runs, so that a checkout that was moved or copied with its target folder is not confused.
    let crate_folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| ".".to_owned());
    let folder = format!("{crate_folder}/../../web/dist");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        println!("cargo::warning=cannot create {folder}: {error}");
    }
    println!("cargo::rerun-if-changed={folder}");
}
