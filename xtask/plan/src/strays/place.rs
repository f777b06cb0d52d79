//! What a file is, by its name: a manifest, prose, a source, what a program wrote.
//! It must never look into the file.

use std::path::Path;

use super::words::among;

/// What a file says by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing but a version.
    Version,
    Manifest,
    /// Prose.
    Text,
    Config,
    Source,
    /// Shapes by their coordinates, and what is written among them.
    Drawing,
    /// A test or its data.
    Test,
    Generated,
}

impl Place {
    pub(super) fn of(path: &Path) -> Place {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
        const DRAWINGS: &str = "svg drawio excalidraw dot gv eps ps obj mtl gltf stl ply dxf geojson";
        const TESTS: &str = "tests test testdata test-data fixtures snapshots __snapshots__ __tests__ mdtest";
        if among(DRAWINGS, extension) {
            return Place::Drawing;
        }
        // cargo-vet keeps its audits of other crates there.
        if is_generated(&name, extension) || is_below(path, "supply-chain") {
            return Place::Generated;
        }
        if is_below(path, TESTS) || name.starts_with("test_") || name.contains("_test.") || name.contains("_tests.") {
            return Place::Test;
        }
        if ["version", "version.txt", "version.json"].contains(&&*name) {
            return Place::Version;
        }
        if is_manifest(&name, extension) {
            return Place::Manifest;
        }
        match extension {
            "md" | "mdx" | "rst" | "txt" | "adoc" | "html" | "tex" | "org" | "" | "rhai" => Place::Text,
            "toml" | "yml" | "yaml" | "json" | "ini" | "cfg" | "env" | "properties" | "xml" | "sh" | "ps1" | "mk"
            | "tf" | "dockerfile" | "just" | "nix" | "bzl" | "bazel" | "in" | "template" => Place::Config,
            _ => Place::Source,
        }
    }
}

fn is_manifest(name: &str, extension: &str) -> bool {
    const NAMES: &str = "\
        package.json pom.xml build.gradle build.gradle.kts gradle.properties pyproject.toml setup.py setup.cfg \
        project.toml mix.exs pubspec.yaml composer.json conanfile.py cmakelists.txt meson.build vcpkg.json \
        description chart.yaml snapcraft.yaml package.swift build.zig.zon dune-project deno.json deno.jsonc jsr.json \
        tauri.conf.json pkgbuild meta.yaml recipe.yaml __init__.py _version.py version.py directory.build.props \
        manifest.json citation.cff";
    const EXTENSIONS: &str = "\
        csproj fsproj vbproj nuspec gemspec podspec cabal opam rockspec props spec asd vcxproj sbt";
    among(NAMES, name) || among(EXTENSIONS, extension)
}

fn is_generated(name: &str, extension: &str) -> bool {
    const NAMES: &str = "\
        package-lock.json npm-shrinkwrap.json pnpm-lock.yaml go.sum packages.lock.json gradle.lockfile yarn.lock \
        bun.lockb cargo.lock";
    const STARTS: &str = "dependencies. third-party third_party thirdparty licenses notice sbom generated.";
    extension == "lock"
        || ["tsv", "csv", "snap", "ipynb", "map", "jsonl"].contains(&extension)
        || among(NAMES, name)
        || STARTS.split(' ').any(|start| name.starts_with(start))
        || name.ends_with(".min.js")
}

/// Whether one of the directories that a file is in has such a name.
pub(super) fn is_below(path: &Path, names: &str) -> bool {
    let dirs = path.parent().into_iter().flat_map(Path::components);
    dirs.map(|part| part.as_os_str().to_string_lossy().to_lowercase()).any(|part| among(names, &part))
}
