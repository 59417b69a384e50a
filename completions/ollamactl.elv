
use builtin;
use str;

set edit:completion:arg-completer[ollamactl] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'ollamactl'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'ollamactl'= {
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand up 'Start everything (model, backend, relay, gateway) and wait until it is healthy'
            cand down 'Stop what ollamactl started, and nothing else'
            cand status 'Show the four parts of the stack'
            cand health 'Say whether the stack works: {"status":"ok"} and 0, or what fails and 3'
            cand doctor 'Check every precondition, with the one command that mends it'
            cand pull-model 'Pull the required model, with or without a running backend'
            cand serve 'Run the backend, in the foreground or in the background'
            cand kill 'End every Ollama backend of this machine, with its model runners'
            cand restart 'Restart the backend the way it was started'
            cand gateway 'Run the gateway: the compose service, or the embedded one'
            cand logs 'Show the log of the backend or of the gateway'
            cand stub 'Run a deterministic stand-in for Ollama, for CI and tests'
            cand init 'Write Makefile.ai and ollamactl.yaml into a repository'
            cand config 'Show the configuration'
            cand completions 'Print a completion script'
            cand man 'Write the man pages'
            cand version 'Show the version'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'ollamactl;up'= {
            cand --wait-timeout 'Give up when the stack is not healthy after so long (30, 30s, 5m)'
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --build 'Build the gateway''s image even if there is one'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;down'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;status'= {
            cand -o '`table` for people, `env` for a shell to evaluate'
            cand --output '`table` for people, `env` for a shell to evaluate'
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --watch 'Show it again every two seconds, until Ctrl-C'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;health'= {
            cand --level 'live: processes answer; ready: the model is there too; infer: the model answers through the gateway'
            cand --wait 'Wait until it is healthy, at most so long (30, 30s, 5m; without a time 60s)'
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;doctor'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;pull-model'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --color 'When to use colours'
            cand --if-missing 'Leave a model that is there as it is, without asking the registry'
            cand --skip-checks 'Pull even if the disk looks too small for the model'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;serve'= {
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --color 'When to use colours'
            cand --background 'Run in the background, with a pidfile, and return when the backend is ready'
            cand --bg 'Run in the background, with a pidfile, and return when the backend is ready'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;kill'= {
            cand -t 'How long a process may take to end before it is killed'
            cand --timeout 'How long a process may take to end before it is killed'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;restart'= {
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;gateway'= {
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand up 'Create and start the gateway with what it depends on; nothing happens where nothing changed'
            cand down 'Stop and remove the gateway''s container; volumes stay'
            cand stop 'Stop the gateway; its container stays'
            cand restart 'Rebuild the image, recreate the container if something changed, else restart it'
            cand build 'Build the gateway''s image'
            cand run 'Run the embedded gateway in the foreground'
            cand ip 'Show the address on which containers reach this machine'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'ollamactl;gateway;up'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --build 'Build the image even if there is one'
            cand --force-recreate 'Recreate the container even if nothing changed'
            cand --no-deps 'Leave out what the service depends on'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;gateway;down'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;gateway;stop'= {
            cand -t 'Seconds that the container may take to end before it is killed'
            cand --timeout 'Seconds that the container may take to end before it is killed'
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;gateway;restart'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;gateway;build'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;gateway;run'= {
            cand --listen 'Where to listen [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --color 'When to use colours'
            cand --no-auth 'Listen off loopback though callers are not asked who they are: inside a container, where the published port decides who reaches it'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;gateway;ip'= {
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;gateway;help'= {
            cand up 'Create and start the gateway with what it depends on; nothing happens where nothing changed'
            cand down 'Stop and remove the gateway''s container; volumes stay'
            cand stop 'Stop the gateway; its container stays'
            cand restart 'Rebuild the image, recreate the container if something changed, else restart it'
            cand build 'Build the gateway''s image'
            cand run 'Run the embedded gateway in the foreground'
            cand ip 'Show the address on which containers reach this machine'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'ollamactl;gateway;help;up'= {
        }
        &'ollamactl;gateway;help;down'= {
        }
        &'ollamactl;gateway;help;stop'= {
        }
        &'ollamactl;gateway;help;restart'= {
        }
        &'ollamactl;gateway;help;build'= {
        }
        &'ollamactl;gateway;help;run'= {
        }
        &'ollamactl;gateway;help;ip'= {
        }
        &'ollamactl;gateway;help;help'= {
        }
        &'ollamactl;logs'= {
            cand -n 'How many lines to show from the end, or `all`'
            cand --lines 'How many lines to show from the end, or `all`'
            cand --tail 'How many lines to show from the end, or `all`'
            cand --since 'Only lines since this time (2026-01-31T10:00:00Z), or since so long ago (10m)'
            cand --file 'Compose file, instead of looking for one'
            cand --service 'Compose service that is the gateway'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --color 'When to use colours'
            cand -f 'Go on with new lines, until Ctrl-C'
            cand --follow 'Go on with new lines, until Ctrl-C'
            cand -t 'Show when each line of the gateway was written'
            cand --timestamps 'Show when each line of the gateway was written'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;stub'= {
            cand --host 'Where to listen, as an OLLAMA_HOST value'
            cand --models 'Model store [default: one of its own, apart from Ollama''s]'
            cand --preset 'A model that is there from the start; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;init'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;config'= {
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand show 'Show every setting, and where its value came from'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'ollamactl;config;show'= {
            cand --model 'The required model [env: OLLAMA_MODEL] [default: llama3.1:8b-instruct-q6_K]'
            cand --backend '`ollama`, or `stub` for the stand-in [env: OLLAMACTL_BACKEND] [default: ollama]'
            cand --host 'Where the backend listens [env: OLLAMA_HOST] [default: 127.0.0.1:11434]'
            cand --bind 'Who may reach it: relay (this machine and its containers), loopback (this machine), all (the whole network), or an IP address [env: OLLAMACTL_BIND] [default: relay]'
            cand --ollama-bin 'The ollama program [env: OLLAMACTL_OLLAMA_BIN] [default: ollama on PATH]'
            cand --models-dir 'Model store [env: OLLAMA_MODELS] [default: Ollama''s own; the stub has one apart]'
            cand --ready-timeout 'How long the backend may take until it answers [default: 60s]'
            cand --stop-timeout 'How long it may take to end before it is killed [default: 10s]'
            cand --gateway 'auto (the compose service where a compose file has it, else embedded), compose or embedded [env: OLLAMACTL_GATEWAY] [default: auto]'
            cand --service 'Compose service that is the gateway [env: OLLAMACTL_SERVICE] [default: ollama-functions]'
            cand --listen 'Where the embedded gateway listens [env: OLLAMACTL_GATEWAY_LISTEN] [default: 127.0.0.1:9104]'
            cand -f 'Compose file, instead of looking for one; may be given several times'
            cand --file 'Compose file, instead of looking for one; may be given several times'
            cand -p 'Compose project name'
            cand --project-name 'Compose project name'
            cand --project-directory 'Folder that compose''s relative paths are relative to'
            cand --env-file 'File of variables for compose, instead of .env'
            cand --profile 'Compose profile to enable; may be given several times'
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;config;help'= {
            cand show 'Show every setting, and where its value came from'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'ollamactl;config;help;show'= {
        }
        &'ollamactl;config;help;help'= {
        }
        &'ollamactl;completions'= {
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;man'= {
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;version'= {
            cand --color 'When to use colours'
            cand --json 'Print JSON on standard output: one document where a command reads, one event a line where it acts'
            cand -q 'Print only errors, and the data that was asked for'
            cand --quiet 'Print only errors, and the data that was asked for'
            cand -v 'Print more: where settings come from, and the whole output of builds'
            cand --verbose 'Print more: where settings come from, and the whole output of builds'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'ollamactl;help'= {
            cand up 'Start everything (model, backend, relay, gateway) and wait until it is healthy'
            cand down 'Stop what ollamactl started, and nothing else'
            cand status 'Show the four parts of the stack'
            cand health 'Say whether the stack works: {"status":"ok"} and 0, or what fails and 3'
            cand doctor 'Check every precondition, with the one command that mends it'
            cand pull-model 'Pull the required model, with or without a running backend'
            cand serve 'Run the backend, in the foreground or in the background'
            cand kill 'End every Ollama backend of this machine, with its model runners'
            cand restart 'Restart the backend the way it was started'
            cand gateway 'Run the gateway: the compose service, or the embedded one'
            cand logs 'Show the log of the backend or of the gateway'
            cand stub 'Run a deterministic stand-in for Ollama, for CI and tests'
            cand init 'Write Makefile.ai and ollamactl.yaml into a repository'
            cand config 'Show the configuration'
            cand completions 'Print a completion script'
            cand man 'Write the man pages'
            cand version 'Show the version'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'ollamactl;help;up'= {
        }
        &'ollamactl;help;down'= {
        }
        &'ollamactl;help;status'= {
        }
        &'ollamactl;help;health'= {
        }
        &'ollamactl;help;doctor'= {
        }
        &'ollamactl;help;pull-model'= {
        }
        &'ollamactl;help;serve'= {
        }
        &'ollamactl;help;kill'= {
        }
        &'ollamactl;help;restart'= {
        }
        &'ollamactl;help;gateway'= {
            cand up 'Create and start the gateway with what it depends on; nothing happens where nothing changed'
            cand down 'Stop and remove the gateway''s container; volumes stay'
            cand stop 'Stop the gateway; its container stays'
            cand restart 'Rebuild the image, recreate the container if something changed, else restart it'
            cand build 'Build the gateway''s image'
            cand run 'Run the embedded gateway in the foreground'
            cand ip 'Show the address on which containers reach this machine'
        }
        &'ollamactl;help;gateway;up'= {
        }
        &'ollamactl;help;gateway;down'= {
        }
        &'ollamactl;help;gateway;stop'= {
        }
        &'ollamactl;help;gateway;restart'= {
        }
        &'ollamactl;help;gateway;build'= {
        }
        &'ollamactl;help;gateway;run'= {
        }
        &'ollamactl;help;gateway;ip'= {
        }
        &'ollamactl;help;logs'= {
        }
        &'ollamactl;help;stub'= {
        }
        &'ollamactl;help;init'= {
        }
        &'ollamactl;help;config'= {
            cand show 'Show every setting, and where its value came from'
        }
        &'ollamactl;help;config;show'= {
        }
        &'ollamactl;help;completions'= {
        }
        &'ollamactl;help;man'= {
        }
        &'ollamactl;help;version'= {
        }
        &'ollamactl;help;help'= {
        }
    ]
    $completions[$command]
}
