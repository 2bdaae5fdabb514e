# SPDX-License-Identifier: GPL-2.0-only
# fish completion for rstmem(1)

function __rstmem_verb
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] $argv
end

function __rstmem_no_verb
    test (count (commandline -opc)) = 1
end

function __rstmem_devices
    set -l nodes /dev/tee*
    for node in $nodes
        string match -r '^/dev/tee[0-9]+$' $node
    end
end

function __rstmem_heaps
    set -l nodes /dev/dma_heap/protected,*
    for node in $nodes
        echo $node
    end
end

complete -c rstmem -f

complete -c rstmem -n __rstmem_no_verb -l help -s h -d 'show help'
complete -c rstmem -n __rstmem_no_verb -l version -s V -d 'show the version'
for when in __rstmem_no_verb '__rstmem_verb help'
    complete -c rstmem -n $when -a info -d 'show devices, heaps and how full they are'
    complete -c rstmem -n $when -a stat -d 'show limits, peaks and refusals'
    complete -c rstmem -n $when -a buffers -d 'list buffers, their owners and holders, for root'
    complete -c rstmem -n $when -a top -d 'watch which processes use how much'
    complete -c rstmem -n $when -a alloc -d 'allocate a buffer, for a time or for a command'
    complete -c rstmem -n $when -a inspect -d 'describe a dma-buf'
    complete -c rstmem -n $when -a conform -d 'check a device against the manual'
    complete -c rstmem -n $when -a doctor -d 'say what works on this system and what to do next'
    complete -c rstmem -n $when -a features -d 'show what the kernel and the modules can do, and why not'
    complete -c rstmem -n $when -a help -d 'show help'
    complete -c rstmem -n $when -a version -d 'show the version'
end

complete -c rstmem -n '__rstmem_verb info stat buffers top alloc inspect conform doctor features' -s h -l help -d 'show help'
complete -c rstmem -n '__rstmem_verb info stat buffers top alloc inspect conform doctor features' -s j -l json -d 'print JSON, for programs'
complete -c rstmem -n '__rstmem_verb info alloc' -s d -l device -x -a '(__rstmem_devices; __rstmem_heaps)' -d 'TEE device or heap'
complete -c rstmem -n '__rstmem_verb stat buffers top conform' -s d -l device -x -a '(__rstmem_devices)' -d 'TEE device'
complete -c rstmem -n '__rstmem_verb stat buffers top alloc conform' -s u -l use-case -x -a 'secure-video trusted-ui secure-video-record' -d 'use case'
complete -c rstmem -n '__rstmem_verb doctor' -l prove -d 'try to read restricted memory'
complete -c rstmem -n '__rstmem_verb doctor' -s y -l yes -d 'allow --prove without being asked'
complete -c rstmem -n '__rstmem_verb buffers' -s x -l sort -x -a 'size age user pid command account' -d sort
complete -c rstmem -n '__rstmem_verb top' -s x -l sort -x -a 'size buffers age user pid command account' -d sort
complete -c rstmem -n '__rstmem_verb buffers top' -s r -l reverse -d 'reverse the order'
complete -c rstmem -n '__rstmem_verb info stat buffers' -s b -l bytes -d 'print sizes in bytes'
complete -c rstmem -n '__rstmem_verb info stat buffers features' -l noheadings -d 'print no titles'
complete -c rstmem -n '__rstmem_verb info' -s o -l output -x -a 'DEVICE USE-CASE GRANULE FLOOR TOTAL MOST USED LARGEST-FREE BUFFERS CAPABILITIES MEMORY' -d 'columns to print'
complete -c rstmem -n '__rstmem_verb stat' -s o -l output -x -a 'DEVICE USE-CASE USED TOTAL PEAK FREE LARGEST-FREE FRAGMENTED BUFFERS LOST FLOOR MOST OUT WANTED POISONED FAILED-STEPS USER-BYTES USER-BUFFERS BUFFER-BYTES RESERVE NO-MEMORY OVER-LIMIT BACKEND NO-IMPORTER OUT-OF-REACH IMPORTERS' -d 'columns to print'
complete -c rstmem -n '__rstmem_verb buffers' -s o -l output -x -a 'SIZE ACCOUNT AGE USER PID COMMAND PROCESS REFS INODE IMPORTERS HOLDERS' -d 'columns to print'
complete -c rstmem -n '__rstmem_verb features' -s o -l output -x -a 'FEATURE WORKS WHY' -d 'columns to print'
complete -c rstmem -n '__rstmem_verb top' -s i -l interval -x -d 'seconds between rounds'
complete -c rstmem -n '__rstmem_verb top' -s n -l count -x -d 'number of rounds'
complete -c rstmem -n '__rstmem_verb top' -s t -l text -d 'print text'
complete -c rstmem -n '__rstmem_verb top' -s v -l view -x -a 'processes users buffers' -d 'what to list'
complete -c rstmem -n '__rstmem_verb alloc' -s s -l size -x -d 'bytes, or with K, M, G'
complete -c rstmem -n '__rstmem_verb alloc' -l via -x -a 'tee heap' -d 'way to the memory'
complete -c rstmem -n '__rstmem_verb alloc' -s H -l hold -d 'keep the buffer'
complete -c rstmem -n '__rstmem_verb conform' -l heap -x -a "(__rstmem_heaps | string replace -r '.*/' '')" -d heap
complete -c rstmem -n '__rstmem_verb conform' -s l -l list -d 'list the checks'
