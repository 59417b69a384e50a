# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ollamactl_global_optspecs
    string join \n json q/quiet v/verbose color= h/help V/version
end

function __fish_ollamactl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ollamactl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ollamactl_using_subcommand
    set -l cmd (__fish_ollamactl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ollamactl -n "__fish_ollamactl_needs_command" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_needs_command" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "up" -d 'Start everything (model, backend, relay, gateway) and wait until it is healthy'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "down" -d 'Stop what ollamactl started, and nothing else'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "status" -d 'Show the four parts of the stack'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "health" -d 'Say whether the stack works: {"status":"ok"} and 0, or what fails and 3'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "doctor" -d 'Check every precondition, with the one command that mends it'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "pull-model" -d 'Pull the required model, with or without a running backend'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "serve" -d 'Run the backend, in the foreground or in the background'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "kill" -d 'End every Ollama backend of this machine, with its model runners'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "restart" -d 'Restart the backend the way it was started'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "gateway" -d 'Run the gateway: the compose service, or the embedded one'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "logs" -d 'Show the log of the backend or of the gateway'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "stub" -d 'Run a deterministic stand-in for Ollama, for CI and tests'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "init" -d 'Write Makefile.ai and ollamactl.yaml into a repository, and a gateway for its compose project'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "config" -d 'Show the configuration'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "man" -d 'Write the man pages'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "version" -d 'Show the version'
complete -c ollamactl -n "__fish_ollamactl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l wait-timeout -d 'Give up when the stack is not healthy after so long (30, 30s, 5m)' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l build -d 'Build the gateway\'s image even if there is one'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l dry-run -d 'Show what would be done and why, one step a line, and do nothing'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -s t -l timeout -d 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l volumes -d 'Remove volumes too: the containers\' anonymous ones, and those that the compose file defines'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l remove-orphans -d 'Remove the containers of services that the compose file no longer defines'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l dry-run -d 'Show what would be done and why, one step a line, and do nothing'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -s o -l output -d '`table` for people, `env` for a shell to evaluate' -r -f -a "table\t'A table'
env\t'`OLLAMA_HOST=…` lines'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l watch -d 'Show it again every two seconds, until Ctrl-C'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l level -d 'live: processes answer; ready: the model is there too; infer: the model answers through the gateway' -r -f -a "live\t'Processes answer'
ready\t'The model is there too'
infer\t'The model answers through the gateway'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l wait -d 'Wait until it is healthy, at most so long (30, 30s, 5m; without a time 60s)' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l infer-timeout -d 'With --level infer: give the model so long for its answer, loading included (30, 30s, 5m)' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l no-probe -d 'Do not ask the backend from inside the gateway\'s network, by a short-lived container'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l stall-timeout -d 'Cancel a pull in which nothing moved for so long, and try again [default: 75s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l tries -d 'How often to try in all, with growing pauses between [default: 5]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l if-missing -d 'Leave a model that is there as it is, without asking the registry'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l skip-checks -d 'Pull even if the disk looks too small for the model'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l background -l bg -d 'Run in the background, with a pidfile, and return when the backend is ready'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -s t -l timeout -d 'How long a process may take to end before it is killed' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -l dry-run -d 'Show what would be done and why, one step a line, and do nothing'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "up" -d 'Create and start the gateway with what it depends on; nothing happens where nothing changed'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "down" -d 'Stop and remove the gateway\'s container; volumes stay'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "stop" -d 'Stop the gateway; its container stays'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "restart" -d 'Rebuild the image, recreate the container if something changed, else restart it'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "build" -d 'Build the gateway\'s image'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "config" -d 'Show the compose project in canonical form, as docker compose config does'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "run" -d 'Run the embedded gateway in the foreground'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "ip" -d 'Show the address on which containers reach this machine'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and not __fish_seen_subcommand_from up down stop restart build config run ip help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l pull -d 'Which images are pulled, whatever the compose file says [default: what the compose file says]' -r -f -a "always\t'All'
missing\t'Those that are missing'
never\t'None; a missing one is an error'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l wait-timeout -d 'How long services may take until those that need them can start, and until --wait is satisfied (30, 30s, 5m)' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -s t -l timeout -d 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l build -d 'Build the images even if there are some, the dependencies\' too'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l force-recreate -d 'Recreate the container even if nothing changed'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l no-deps -d 'Leave out what the service depends on'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l no-start -d 'Create containers, and start none'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l wait -d 'Return when all services run and, where they have health checks, are healthy'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l remove-orphans -d 'Remove the containers of services that the compose file no longer defines'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l dry-run -d 'Show what would be done and why, one step a line, and do nothing'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -s t -l timeout -d 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l volumes -d 'Remove volumes too: the containers\' anonymous ones, and those that the compose file defines'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l remove-orphans -d 'Remove the containers of services that the compose file no longer defines'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l dry-run -d 'Show what would be done and why, one step a line, and do nothing'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -s t -l timeout -d 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l dry-run -d 'Show what would be done and why, one step a line, and do nothing'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -s t -l timeout -d 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l no-deps -d 'Leave out what the service depends on'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l dry-run -d 'Show what would be done and why, one step a line, and do nothing'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l build-arg -d 'Set a build argument (repeatable); the name alone takes the value of that variable' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l no-cache -d 'Use no cached layers'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l pull -d 'Fetch the newest base images'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l hash -d 'Show the config-hash of these services (`*`: all), one a line' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l services -d 'Show only the names of the services, one a line'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l images -d 'Show only the names of the images, one a line'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l volumes -d 'Show only the names of the volumes, one a line'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l listen -d 'Where to listen [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l key-file -d 'File with API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l no-auth -d 'Listen off loopback without a key: inside a container, where the published port decides who reaches it'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from ip" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from ip" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from ip" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from ip" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from ip" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from ip" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "up" -d 'Create and start the gateway with what it depends on; nothing happens where nothing changed'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "down" -d 'Stop and remove the gateway\'s container; volumes stay'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop the gateway; its container stays'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "restart" -d 'Rebuild the image, recreate the container if something changed, else restart it'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "build" -d 'Build the gateway\'s image'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "config" -d 'Show the compose project in canonical form, as docker compose config does'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "run" -d 'Run the embedded gateway in the foreground'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "ip" -d 'Show the address on which containers reach this machine'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -s n -l lines -l tail -d 'How many lines to show from the end, or `all`' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l since -d 'Only lines since this time (10m, 1h30m, 2026-01-31, 2026-01-31T10:00:00Z)' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l until -d 'Only lines until this time, written as for --since' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -s f -l follow -d 'Go on with new lines, until Ctrl-C; a container is followed across restarts and replacements'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -s t -l timestamps -d 'Show when each line of a container was written'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l no-color -d 'Do not colour the names of services'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -l host -d 'Where to listen, as an OLLAMA_HOST value' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -l models -d 'Model store [default: one of its own, apart from Ollama\'s]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -l preset -d 'A model that is there from the start; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -l gateway -d 'Also write a compose service that runs the embedded gateway in a container, with its Dockerfile'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -l nested -d 'Write settings of this folder\'s own where those of a folder above it count'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and not __fish_seen_subcommand_from show help" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and not __fish_seen_subcommand_from show help" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and not __fish_seen_subcommand_from show help" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and not __fish_seen_subcommand_from show help" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and not __fish_seen_subcommand_from show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and not __fish_seen_subcommand_from show help" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "show" -d 'Show every setting, and where its value came from'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l model -d 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l backend -d '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]' -r -f -a "ollama\t''
stub\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l host -d 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l bind -d 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]' -r -f -a "relay\t''
loopback\t''
all\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l ollama-bin -d 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l models-dir -d 'Model store [env: OLLAMA_MODELS] [default: Ollama\'s own; the stub has one apart]' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l ready-timeout -d 'How long the backend may take until it answers [default: 60s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l stop-timeout -d 'How long it may take to end before it is killed [default: 10s]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l gateway -d 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]' -r -f -a "auto\t''
compose\t''
embedded\t''"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l listen -d 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l key-file -d 'File with the embedded gateway\'s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -s f -l file -d 'Compose file, instead of looking for one; may be given several times; `-` is the standard input' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l service -d 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -s p -l project-name -d 'Compose project name' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l project-directory -d 'Folder that compose\'s relative paths are relative to' -r -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l env-file -d 'File of variables for compose, instead of .env' -r -F
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times' -r -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show every setting, and where its value came from'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand completions" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand completions" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand completions" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand completions" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand completions" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand man" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand man" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand man" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand man" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand man" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand version" -l color -d 'Use colours: auto (on a terminal), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand version" -l json -d 'Print JSON on standard output'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand version" -s q -l quiet -d 'Print only errors, and the data that was asked for'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand version" -s v -l verbose -d 'Print where settings come from, and all that builds say'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand version" -s V -l version -d 'Print version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "up" -d 'Start everything (model, backend, relay, gateway) and wait until it is healthy'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "down" -d 'Stop what ollamactl started, and nothing else'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "status" -d 'Show the four parts of the stack'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "health" -d 'Say whether the stack works: {"status":"ok"} and 0, or what fails and 3'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "doctor" -d 'Check every precondition, with the one command that mends it'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "pull-model" -d 'Pull the required model, with or without a running backend'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "serve" -d 'Run the backend, in the foreground or in the background'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "kill" -d 'End every Ollama backend of this machine, with its model runners'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "restart" -d 'Restart the backend the way it was started'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "gateway" -d 'Run the gateway: the compose service, or the embedded one'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "logs" -d 'Show the log of the backend or of the gateway'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "stub" -d 'Run a deterministic stand-in for Ollama, for CI and tests'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "init" -d 'Write Makefile.ai and ollamactl.yaml into a repository, and a gateway for its compose project'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "config" -d 'Show the configuration'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "completions" -d 'Print a completion script'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "man" -d 'Write the man pages'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "version" -d 'Show the version'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and not __fish_seen_subcommand_from up down status health doctor pull-model serve kill restart gateway logs stub init config completions man version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from gateway" -f -a "up" -d 'Create and start the gateway with what it depends on; nothing happens where nothing changed'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from gateway" -f -a "down" -d 'Stop and remove the gateway\'s container; volumes stay'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from gateway" -f -a "stop" -d 'Stop the gateway; its container stays'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from gateway" -f -a "restart" -d 'Rebuild the image, recreate the container if something changed, else restart it'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from gateway" -f -a "build" -d 'Build the gateway\'s image'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from gateway" -f -a "config" -d 'Show the compose project in canonical form, as docker compose config does'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from gateway" -f -a "run" -d 'Run the embedded gateway in the foreground'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from gateway" -f -a "ip" -d 'Show the address on which containers reach this machine'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show every setting, and where its value came from'
complete -c ollamactl -n "__fish_ollamactl_using_subcommand up" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand down" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand status" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand health" -f -a "all gateway backend model"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand doctor" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand pull-model" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand serve" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand kill" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand restart" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from up" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from down" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from stop" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from restart" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from build" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from config" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from run" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand gateway; and __fish_seen_subcommand_from ip" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand logs" -f -a "backend gateway"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand stub" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand init" -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand config; and __fish_seen_subcommand_from show" -f
complete -c ollamactl -n "__fish_ollamactl_using_subcommand completions" -f -a "bash elvish fish powershell zsh"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand man" -f -a "(__fish_complete_directories)"
complete -c ollamactl -n "__fish_ollamactl_using_subcommand version" -f
