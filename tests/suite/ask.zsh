# What zsh offers behind the words of $1: a shell at a terminal of its own, in the folder that holds
# `_user-sync`, is sent these words and a tab.
zmodload zsh/zpty
zpty shell zsh -f -i
type_in() { zpty -w shell "$1" }
type_in 'PS1= PS2=; fpath=($PWD $fpath); autoload -Uz compinit; compinit -D -u'
# Whatever is offered comes by here; calls with these options only sort words.
type_in 'compadd() {
    if [[ -z ${(M)@:#-[OAD]*} ]]; then
        local -a found
        builtin compadd -O found "$@"
        print -rl -- ${found/#/offered:}
    fi
    builtin compadd "$@"
}'
type_in 'ask() { zle complete-word; print the-end; }; zle -N ask; bindkey "^I" ask; print rea""dy'
# Words apart by quotes are not those that the terminal echoes.
zpty -r shell seen '*ready*'
zpty -n -w shell "$1"$'\t'
zpty -r shell seen '*the-end*'
print -r -- "$seen" | tr -d '\r' | sed -n 's/^.*offered://p'
zpty -d shell
