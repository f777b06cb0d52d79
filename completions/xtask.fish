# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cargo_global_optspecs
    string join \n
end

function __fish_cargo_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cargo_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cargo_using_subcommand
    set -l cmd (__fish_cargo_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cargo -n "__fish_cargo_needs_command" -f -a "xtask" -d 'Releases a workspace of Rust crates and Python wheels as one coherent version'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "release" -d 'Bump the versions, run the proofs, commit and tag'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "postfix" -d 'Make a post release (0.9.3.post1) of the wheels for a Python-only fix'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "changelog" -d 'Show the changelog sections that a release would write, without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "hotfix" -d 'Release a fix of a released version, from a branch at its tag, and merge it back into main'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "publish" -d 'Publish a tagged release; safe to re-run, it resumes'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "pack" -d 'Make the packages and images that `publish --packed` sends, on a machine that holds no token'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "rollback" -d 'Roll back a release: yank it, move latest back, revert its commit, and tag the previous version'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "wheels" -d 'Build the train\'s wheels for one platform in a fresh target directory, and try them as installed'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "status" -d 'The captain\'s checklist: the state of each train, which steps of its last release are done, and what is next'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "post-release" -d 'After a release: deployment manifests, follow-ups and the next development version, as one commit on main'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "due" -d 'Whether a release of each train is due, why, and which version it should get'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "calendar" -d 'The days of the trains: preparation, release and what follows, with what each asks for and who leads'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "rehearse" -d 'Rehearse the whole release in a temporary clone, against local registries, and install it as a user'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "serve" -d 'Serve the registries of a rehearsal for manual tests, to a command or until Ctrl-C'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "smoke" -d 'Run every proof of the train: tests, wheel, image'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "check" -d 'Run every check on the workspace as it is'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and not __fish_seen_subcommand_from release postfix changelog hotfix publish pack rollback wheels status post-release due calendar rehearse serve smoke check init" -f -a "init" -d 'Propose what the workspace needs to be released by this tool: configuration and workflows'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l waive -d 'Waive a finding or a proof, by its name; the tag\'s message records it' -r -f -a "branch\t''
nothing-to-release\t''
path-only\t''
dependencies\t''
metadata\t''
sources\t''
publishable-wheel\t''
dev-cycle\t''
workflows\t''
ci\t''
review\t''
website\t''
cargo-test\t''
wheel-test\t''
maturin-develop\t''
pytest\t''
image\t''
registry-configuration\t''
registry-names\t''
registry-content\t''
registry-yanked\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l confirm -d 'Confirm a row of the checklist that only a person can check, by its name; the tag\'s message records it' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l push -d 'Push the branch and the tag in one transaction'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l pr -d 'Push it on a branch, and open a pull request or bring it up to date; after the merge, the same command goes on'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from release" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l note -d 'What the fix is, for the changelog and the release notes' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l issue -d 'The number of the issue that it fixes' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l waive -d 'Waive a finding or a proof, by its name; the tag\'s message records it' -r -f -a "branch\t''
nothing-to-release\t''
path-only\t''
dependencies\t''
metadata\t''
sources\t''
publishable-wheel\t''
dev-cycle\t''
workflows\t''
ci\t''
review\t''
website\t''
cargo-test\t''
wheel-test\t''
maturin-develop\t''
pytest\t''
image\t''
registry-configuration\t''
registry-names\t''
registry-content\t''
registry-yanked\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l confirm -d 'Confirm a row of the checklist that only a person can check, by its name; the tag\'s message records it' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l push -d 'Push the branch and the tag in one transaction'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l pr -d 'Push it on a branch, and open a pull request or bring it up to date; after the merge, the same command goes on'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from postfix" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from changelog" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from changelog" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from changelog" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from changelog" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from changelog" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from changelog" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from changelog" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from changelog" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l waive -d 'Waive a finding or a proof, by its name; the tag\'s message records it' -r -f -a "branch\t''
nothing-to-release\t''
path-only\t''
dependencies\t''
metadata\t''
sources\t''
publishable-wheel\t''
dev-cycle\t''
workflows\t''
ci\t''
review\t''
website\t''
cargo-test\t''
wheel-test\t''
maturin-develop\t''
pytest\t''
image\t''
registry-configuration\t''
registry-names\t''
registry-content\t''
registry-yanked\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l confirm -d 'Confirm a row of the checklist that only a person can check, by its name; the tag\'s message records it' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l push -d 'Push the main branch and the tag in one transaction'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from hotfix" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l only -d 'Run the steps of these groups only' -r -f -a "crates\t''
wheels\t''
images\t''
forge\t''
announce\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l without -d 'Leave out these groups: neither publish nor verify their steps' -r -f -a "crates\t''
wheels\t''
images\t''
forge\t''
announce\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l dist -d 'Take wheels and source distributions from this directory instead of building them' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l packed -d 'Take packages and images from this directory, where `pack` put them, and compile nothing' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l deadline -d 'How long to wait for a registry to show an upload, or to recover' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l announced -d 'The interrupted message is in this channel, or the mail is sent: you have checked' -r -f -a "discord\t''
slack\t''
mail\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l announce-again -d 'The interrupted message is not in this channel: send it' -r -f -a "discord\t''
slack\t''
mail\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l waive -d 'Waive a finding or a proof, by its name' -r -f -a "branch\t''
nothing-to-release\t''
path-only\t''
dependencies\t''
metadata\t''
sources\t''
publishable-wheel\t''
dev-cycle\t''
workflows\t''
ci\t''
review\t''
website\t''
cargo-test\t''
wheel-test\t''
maturin-develop\t''
pytest\t''
image\t''
registry-configuration\t''
registry-names\t''
registry-content\t''
registry-yanked\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l here -d 'Accept the wheels of this machine\'s platform alone, whatever the train\'s `platforms` say'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from publish" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -l without -d 'Leave out these groups' -r -f -a "crates\t''
wheels\t''
images\t''
forge\t''
announce\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -l out -d 'Where the files go' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from pack" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l reason -d 'Why, in one line: for the forge, the revert, the tag and the channels' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l without -d 'Leave out these groups: neither roll back nor verify their steps' -r -f -a "crates\t''
wheels\t''
images\t''
forge\t''
announce\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l deadline -d 'How long to wait for a registry to show an upload, or to recover' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l announced -d 'The interrupted message is in this channel, or the mail is sent: you have checked' -r -f -a "discord\t''
slack\t''
mail\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l announce-again -d 'The interrupted message is not in this channel: send it' -r -f -a "discord\t''
slack\t''
mail\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rollback" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l target -d 'The platform to build for, as rustc calls it; without it, this machine\'s' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l out -d 'Where the files go' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l zig -d 'Link with zig, for systems as old as manylinux2014 and musllinux_1_2'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l sdist -d 'Build the source distribution as well'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from wheels" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -l here -d 'Accept the wheels of this machine\'s platform alone, whatever the train\'s `platforms` say'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -l issue -d 'Report what is overdue in one issue on the forge: opened, updated, or closed when nothing is overdue'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l without -d 'Leave out these groups: neither verify nor deploy them' -r -f -a "crates\t''
wheels\t''
images\t''
forge\t''
announce\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l push -d 'Push the main branch with the commit'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l pr -d 'Push it on a branch, and open a pull request or bring it up to date'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l here -d 'Accept the wheels of this machine\'s platform alone, whatever the train\'s `platforms` say'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from post-release" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -l interfaces -d 'Compare the crates\' interfaces with cargo semver-checks, which builds them: their build scripts run'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from due" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -l months -d 'How many releases of each train are shown' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -l ics -d 'Also write them as iCalendar; importing it again updates the events' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from calendar" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l page -d 'Where the report goes as an HTML page; without it, into cargo\'s target directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l waive -d 'Waive a finding or a proof, by its name' -r -f -a "branch\t''
nothing-to-release\t''
path-only\t''
dependencies\t''
metadata\t''
sources\t''
publishable-wheel\t''
dev-cycle\t''
workflows\t''
ci\t''
review\t''
website\t''
cargo-test\t''
wheel-test\t''
maturin-develop\t''
pytest\t''
image\t''
registry-configuration\t''
registry-names\t''
registry-content\t''
registry-yanked\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l keep -d 'Keep the clone and the content of the registries, for inspection'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from rehearse" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l dir -d 'The directory for what they receive' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l port -d 'The port on the loopback interface; 0 takes a free one' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l registry -d 'Stand in for the private registry of this name, too, which asks for a token' -r
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l alone -d 'Hide all crates but those that are published here'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -l waive -d 'Waive a finding or a proof, by its name' -r -f -a "branch\t''
nothing-to-release\t''
path-only\t''
dependencies\t''
metadata\t''
sources\t''
publishable-wheel\t''
dev-cycle\t''
workflows\t''
ci\t''
review\t''
website\t''
cargo-test\t''
wheel-test\t''
maturin-develop\t''
pytest\t''
image\t''
registry-configuration\t''
registry-names\t''
registry-content\t''
registry-yanked\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from smoke" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from check" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from check" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from check" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from check" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from check" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Print every reason for every file'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l manifest-path -d 'The Cargo.toml of the workspace to release, instead of the one around the current directory' -r -F
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l train -d 'The train, by its name in [workspace.metadata.trains]; without configuration, the driver\'s name' -x -a "(target/debug/xtask __trains 2>/dev/null)"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l color -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l write -d 'Write what is proposed'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l xtask -d 'Add a private crate `xtask` that calls the tool in this version, and the alias for it: `cargo xtask`'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l check -d 'Only compare the generated workflows with the trains; `check` does it, too'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l dry-run -d 'Print the plan without changing anything'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l diff -d 'With --dry-run, print the diff of each file that would change'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -l json -d 'Print one JSON document on standard output; texts for people go to standard error'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print only what is wrong'
complete -c cargo -n "__fish_cargo_using_subcommand xtask; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Print every reason for every file'
