# picture.gp - the points of softmax.test.txt and of center.test.txt side by side, a colour for each class.
# gnuplot -e "classes = N; picture = 'FILE.png'" picture.gp
array colours[10] = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", \
                     "#bcbd22", "#17becf"]
set terminal pngcairo size 1300,620 font "DejaVu Sans,11" background rgb "white"
set output picture
set multiplot layout 1,2
set size ratio -1
set border 15 linecolor rgb "#808080"
set tics nomirror out textcolor rgb "black"
set grid linecolor rgb "#e0e0e0" linetype 1
set key outside right center samplen 1
do for [name in "softmax center"] {
    set title (name eq "softmax" ? "softmax alone" : "with center loss") font ",14"
    plot for [k = 0:classes - 1] name.".test.txt" using ($1 == k ? $2 : NaN):3 with points pointtype 7 pointsize 0.25 \
        linecolor rgb colours[k % 10 + 1] notitle, \
        for [k = 0:classes - 1] NaN with points pointtype 7 pointsize 1 linecolor rgb colours[k % 10 + 1] title "".k
}
unset multiplot
unset output
