
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'ollamactl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'ollamactl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'ollamactl' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Start everything (model, backend, relay, gateway) and wait until it is healthy')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Stop what ollamactl started, and nothing else')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the four parts of the stack')
            [CompletionResult]::new('health', 'health', [CompletionResultType]::ParameterValue, 'Say whether the stack works: {"status":"ok"} and 0, or what fails and 3')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check every precondition, with the one command that mends it')
            [CompletionResult]::new('pull-model', 'pull-model', [CompletionResultType]::ParameterValue, 'Pull the required model, with or without a running backend')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the backend, in the foreground or in the background')
            [CompletionResult]::new('kill', 'kill', [CompletionResultType]::ParameterValue, 'End every Ollama backend of this machine, with its model runners')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Restart the backend the way it was started')
            [CompletionResult]::new('gateway', 'gateway', [CompletionResultType]::ParameterValue, 'Run the gateway: the compose service, or the embedded one')
            [CompletionResult]::new('logs', 'logs', [CompletionResultType]::ParameterValue, 'Show the log of the backend or of the gateway')
            [CompletionResult]::new('stub', 'stub', [CompletionResultType]::ParameterValue, 'Run a deterministic stand-in for Ollama, for CI and tests')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write Makefile.ai and ollamactl.yaml into a repository, and a gateway for its compose project')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show the configuration')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the man pages')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the version')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ollamactl;up' {
            [CompletionResult]::new('--wait-timeout', '--wait-timeout', [CompletionResultType]::ParameterName, 'Give up when the stack is not healthy after so long (30, 30s, 5m)')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--build', '--build', [CompletionResultType]::ParameterName, 'Build the gateway''s image even if there is one')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and why, one step a line, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;down' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--volumes', '--volumes', [CompletionResultType]::ParameterName, 'Remove volumes too: the containers'' anonymous ones, and those that the compose file defines')
            [CompletionResult]::new('--remove-orphans', '--remove-orphans', [CompletionResultType]::ParameterName, 'Remove the containers of services that the compose file no longer defines')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and why, one step a line, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;status' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, '`table` for people, `env` for a shell to evaluate')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, '`table` for people, `env` for a shell to evaluate')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Show it again every two seconds, until Ctrl-C')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;health' {
            [CompletionResult]::new('--level', '--level', [CompletionResultType]::ParameterName, 'live: processes answer; ready: the model is there too; infer: the model answers through the gateway')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until it is healthy, at most so long (30, 30s, 5m; without a time 60s)')
            [CompletionResult]::new('--infer-timeout', '--infer-timeout', [CompletionResultType]::ParameterName, 'With --level infer: give the model so long for its answer, loading included (30, 30s, 5m)')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;doctor' {
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--no-probe', '--no-probe', [CompletionResultType]::ParameterName, 'Do not ask the backend from inside the gateway''s network, by a short-lived container')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;pull-model' {
            [CompletionResult]::new('--stall-timeout', '--stall-timeout', [CompletionResultType]::ParameterName, 'Cancel a pull in which nothing moved for so long, and try again [default: 75s]')
            [CompletionResult]::new('--tries', '--tries', [CompletionResultType]::ParameterName, 'How often to try in all, with growing pauses between [default: 5]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--if-missing', '--if-missing', [CompletionResultType]::ParameterName, 'Leave a model that is there as it is, without asking the registry')
            [CompletionResult]::new('--skip-checks', '--skip-checks', [CompletionResultType]::ParameterName, 'Pull even if the disk looks too small for the model')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;serve' {
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--background', '--background', [CompletionResultType]::ParameterName, 'Run in the background, with a pidfile, and return when the backend is ready')
            [CompletionResult]::new('--bg', '--bg', [CompletionResultType]::ParameterName, 'Run in the background, with a pidfile, and return when the backend is ready')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;kill' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'How long a process may take to end before it is killed')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a process may take to end before it is killed')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and why, one step a line, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;restart' {
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Create and start the gateway with what it depends on; nothing happens where nothing changed')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Stop and remove the gateway''s container; volumes stay')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the gateway; its container stays')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Rebuild the image, recreate the container if something changed, else restart it')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Build the gateway''s image')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show the compose project in canonical form, as docker compose config does')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run the embedded gateway in the foreground')
            [CompletionResult]::new('ip', 'ip', [CompletionResultType]::ParameterValue, 'Show the address on which containers reach this machine')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ollamactl;gateway;up' {
            [CompletionResult]::new('--pull', '--pull', [CompletionResultType]::ParameterName, 'Which images are pulled, whatever the compose file says [default: what the compose file says]')
            [CompletionResult]::new('--wait-timeout', '--wait-timeout', [CompletionResultType]::ParameterName, 'How long services may take until those that need them can start, and until --wait is satisfied (30, 30s, 5m)')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--build', '--build', [CompletionResultType]::ParameterName, 'Build the images even if there are some, the dependencies'' too')
            [CompletionResult]::new('--force-recreate', '--force-recreate', [CompletionResultType]::ParameterName, 'Recreate the container even if nothing changed')
            [CompletionResult]::new('--no-deps', '--no-deps', [CompletionResultType]::ParameterName, 'Leave out what the service depends on')
            [CompletionResult]::new('--no-start', '--no-start', [CompletionResultType]::ParameterName, 'Create containers, and start none')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Return when all services run and, where they have health checks, are healthy')
            [CompletionResult]::new('--remove-orphans', '--remove-orphans', [CompletionResultType]::ParameterName, 'Remove the containers of services that the compose file no longer defines')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and why, one step a line, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway;down' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--volumes', '--volumes', [CompletionResultType]::ParameterName, 'Remove volumes too: the containers'' anonymous ones, and those that the compose file defines')
            [CompletionResult]::new('--remove-orphans', '--remove-orphans', [CompletionResultType]::ParameterName, 'Remove the containers of services that the compose file no longer defines')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and why, one step a line, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway;stop' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and why, one step a line, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway;restart' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a container may take to end before it is killed, or a running answer of the embedded gateway before it is cut (30, 30s, 5m) [default: its own, else 10s]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--no-deps', '--no-deps', [CompletionResultType]::ParameterName, 'Leave out what the service depends on')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be done and why, one step a line, and do nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway;build' {
            [CompletionResult]::new('--build-arg', '--build-arg', [CompletionResultType]::ParameterName, 'Set a build argument (repeatable); the name alone takes the value of that variable')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Use no cached layers')
            [CompletionResult]::new('--pull', '--pull', [CompletionResultType]::ParameterName, 'Fetch the newest base images')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway;config' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Show the config-hash of these services (`*`: all), one a line')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--services', '--services', [CompletionResultType]::ParameterName, 'Show only the names of the services, one a line')
            [CompletionResult]::new('--images', '--images', [CompletionResultType]::ParameterName, 'Show only the names of the images, one a line')
            [CompletionResult]::new('--volumes', '--volumes', [CompletionResultType]::ParameterName, 'Show only the names of the volumes, one a line')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway;run' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--no-auth', '--no-auth', [CompletionResultType]::ParameterName, 'Listen off loopback without a key: inside a container, where the published port decides who reaches it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway;ip' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;gateway;help' {
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Create and start the gateway with what it depends on; nothing happens where nothing changed')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Stop and remove the gateway''s container; volumes stay')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the gateway; its container stays')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Rebuild the image, recreate the container if something changed, else restart it')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Build the gateway''s image')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show the compose project in canonical form, as docker compose config does')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run the embedded gateway in the foreground')
            [CompletionResult]::new('ip', 'ip', [CompletionResultType]::ParameterValue, 'Show the address on which containers reach this machine')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ollamactl;gateway;help;up' {
            break
        }
        'ollamactl;gateway;help;down' {
            break
        }
        'ollamactl;gateway;help;stop' {
            break
        }
        'ollamactl;gateway;help;restart' {
            break
        }
        'ollamactl;gateway;help;build' {
            break
        }
        'ollamactl;gateway;help;config' {
            break
        }
        'ollamactl;gateway;help;run' {
            break
        }
        'ollamactl;gateway;help;ip' {
            break
        }
        'ollamactl;gateway;help;help' {
            break
        }
        'ollamactl;logs' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'How many lines to show from the end, or `all`')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'How many lines to show from the end, or `all`')
            [CompletionResult]::new('--tail', '--tail', [CompletionResultType]::ParameterName, 'How many lines to show from the end, or `all`')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only lines since this time (10m, 1h30m, 2026-01-31, 2026-01-31T10:00:00Z)')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only lines until this time, written as for --since')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Go on with new lines, until Ctrl-C; a container is followed across restarts and replacements')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Go on with new lines, until Ctrl-C; a container is followed across restarts and replacements')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Show when each line of a container was written')
            [CompletionResult]::new('--timestamps', '--timestamps', [CompletionResultType]::ParameterName, 'Show when each line of a container was written')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'Do not colour the names of services')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;stub' {
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where to listen, as an OLLAMA_HOST value')
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'Model store [default: one of its own, apart from Ollama''s]')
            [CompletionResult]::new('--preset', '--preset', [CompletionResultType]::ParameterName, 'A model that is there from the start; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;init' {
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'Also write a compose service that runs the embedded gateway in a container, with its Dockerfile')
            [CompletionResult]::new('--nested', '--nested', [CompletionResultType]::ParameterName, 'Write settings of this folder''s own where those of a folder above it count')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;config' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show every setting, and where its value came from')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ollamactl;config;show' {
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]')
            [CompletionResult]::new('--backend', '--backend', [CompletionResultType]::ParameterName, '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]')
            [CompletionResult]::new('--bind', '--bind', [CompletionResultType]::ParameterName, 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]')
            [CompletionResult]::new('--ollama-bin', '--ollama-bin', [CompletionResultType]::ParameterName, 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]')
            [CompletionResult]::new('--models-dir', '--models-dir', [CompletionResultType]::ParameterName, 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]')
            [CompletionResult]::new('--ready-timeout', '--ready-timeout', [CompletionResultType]::ParameterName, 'How long the backend may take until it answers [default: 60s]')
            [CompletionResult]::new('--stop-timeout', '--stop-timeout', [CompletionResultType]::ParameterName, 'How long it may take to end before it is killed [default: 10s]')
            [CompletionResult]::new('--gateway', '--gateway', [CompletionResultType]::ParameterName, 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File with the embedded gateway''s API keys, one a line [env: OLLAMACTL_GATEWAY_KEY_FILE, or a key itself in OLLAMACTL_GATEWAY_KEY]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Compose file, instead of looking for one; may be given several times; `-` is the standard input')
            [CompletionResult]::new('--service', '--service', [CompletionResultType]::ParameterName, 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-name', '--project-name', [CompletionResultType]::ParameterName, 'Compose project name')
            [CompletionResult]::new('--project-directory', '--project-directory', [CompletionResultType]::ParameterName, 'Folder that compose''s relative paths are relative to')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'File of variables for compose, instead of .env')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Compose profile to enable, in place of those of COMPOSE_PROFILES; may be given several times')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;config;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show every setting, and where its value came from')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ollamactl;config;help;show' {
            break
        }
        'ollamactl;config;help;help' {
            break
        }
        'ollamactl;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;version' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours: auto (on a terminal), always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON on standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors, and the data that was asked for')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print where settings come from, and all that builds say')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ollamactl;help' {
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Start everything (model, backend, relay, gateway) and wait until it is healthy')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Stop what ollamactl started, and nothing else')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the four parts of the stack')
            [CompletionResult]::new('health', 'health', [CompletionResultType]::ParameterValue, 'Say whether the stack works: {"status":"ok"} and 0, or what fails and 3')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check every precondition, with the one command that mends it')
            [CompletionResult]::new('pull-model', 'pull-model', [CompletionResultType]::ParameterValue, 'Pull the required model, with or without a running backend')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the backend, in the foreground or in the background')
            [CompletionResult]::new('kill', 'kill', [CompletionResultType]::ParameterValue, 'End every Ollama backend of this machine, with its model runners')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Restart the backend the way it was started')
            [CompletionResult]::new('gateway', 'gateway', [CompletionResultType]::ParameterValue, 'Run the gateway: the compose service, or the embedded one')
            [CompletionResult]::new('logs', 'logs', [CompletionResultType]::ParameterValue, 'Show the log of the backend or of the gateway')
            [CompletionResult]::new('stub', 'stub', [CompletionResultType]::ParameterValue, 'Run a deterministic stand-in for Ollama, for CI and tests')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write Makefile.ai and ollamactl.yaml into a repository, and a gateway for its compose project')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show the configuration')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the man pages')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the version')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ollamactl;help;up' {
            break
        }
        'ollamactl;help;down' {
            break
        }
        'ollamactl;help;status' {
            break
        }
        'ollamactl;help;health' {
            break
        }
        'ollamactl;help;doctor' {
            break
        }
        'ollamactl;help;pull-model' {
            break
        }
        'ollamactl;help;serve' {
            break
        }
        'ollamactl;help;kill' {
            break
        }
        'ollamactl;help;restart' {
            break
        }
        'ollamactl;help;gateway' {
            [CompletionResult]::new('up', 'up', [CompletionResultType]::ParameterValue, 'Create and start the gateway with what it depends on; nothing happens where nothing changed')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Stop and remove the gateway''s container; volumes stay')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the gateway; its container stays')
            [CompletionResult]::new('restart', 'restart', [CompletionResultType]::ParameterValue, 'Rebuild the image, recreate the container if something changed, else restart it')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Build the gateway''s image')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show the compose project in canonical form, as docker compose config does')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run the embedded gateway in the foreground')
            [CompletionResult]::new('ip', 'ip', [CompletionResultType]::ParameterValue, 'Show the address on which containers reach this machine')
            break
        }
        'ollamactl;help;gateway;up' {
            break
        }
        'ollamactl;help;gateway;down' {
            break
        }
        'ollamactl;help;gateway;stop' {
            break
        }
        'ollamactl;help;gateway;restart' {
            break
        }
        'ollamactl;help;gateway;build' {
            break
        }
        'ollamactl;help;gateway;config' {
            break
        }
        'ollamactl;help;gateway;run' {
            break
        }
        'ollamactl;help;gateway;ip' {
            break
        }
        'ollamactl;help;logs' {
            break
        }
        'ollamactl;help;stub' {
            break
        }
        'ollamactl;help;init' {
            break
        }
        'ollamactl;help;config' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show every setting, and where its value came from')
            break
        }
        'ollamactl;help;config;show' {
            break
        }
        'ollamactl;help;completions' {
            break
        }
        'ollamactl;help;man' {
            break
        }
        'ollamactl;help;version' {
            break
        }
        'ollamactl;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
