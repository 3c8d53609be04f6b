vso=VSO; if [ -x "$vso" ]; then "$vso" merge-driver %O %A %B %L %P; code=$?; if [ $code -le 1 ]; then exit $code; fi; fi; git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B
